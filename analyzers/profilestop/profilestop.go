package profilestop

import (
	"go/token"

	"golang.org/x/tools/go/analysis"

	"github.com/hotvet/hotvet/analyzers/internal/docs"
	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
	"github.com/hotvet/hotvet/analyzers/internal/report"
)

// Analyzer reports profiles and traces that are lost when the process is
// replaced or ends.
var Analyzer = &analysis.Analyzer{
	Name:     "profilestop",
	Doc:      docs.MustExtract(doc, "profilestop"),
	URL:      docs.URL("profilestop"),
	Requires: []*analysis.Analyzer{lifecycle.Analyzer},
	Run:      run,
}

// maxRelated bounds the ends that one finding names.
const maxRelated = 4

func run(pass *analysis.Pass) (any, error) {
	rep := report.New(pass)
	defer rep.Done()

	pkg := lifecycle.Of(pass)
	if !pkg.HasEffects() {
		return nil, nil
	}
	c := &checker{pass: pass, pkg: pkg, rep: rep, losses: make(map[lossKey]*loss)}
	c.onPath()
	c.elsewhere()
	c.bySignal()
	for _, l := range c.order {
		c.report(l)
	}
	c.inFlight()
	c.rates()
	return nil, nil
}

type checker struct {
	pass   *analysis.Pass
	pkg    *lifecycle.Package
	rep    *report.Reporter
	losses map[lossKey]*loss
	order  []*loss
}

// lossKey names a finding: where something starts, and how it is lost.
type lossKey struct {
	start    token.Pos
	resource lifecycle.Resource
	end      lifecycle.EndKind
}

// loss is a start with the ends that lose it.
type loss struct {
	lossKey
	call    *lifecycle.Call
	related []analysis.RelatedInformation
	message string // overrides the usual one
}

func (c *checker) loss(s *lifecycle.Start, end lifecycle.EndKind) *loss {
	key := lossKey{s.Call.Pos(), s.Resource, end}
	l := c.losses[key]
	if l == nil {
		l = &loss{lossKey: key, call: s.Call}
		c.losses[key] = l
		c.order = append(c.order, l)
	}
	return l
}

// add tells the end call of a loss, and the place from which it is reached.
func (l *loss) add(c *checker, via *lifecycle.Call, end lifecycle.EndKind) {
	if len(l.related) >= maxRelated {
		return
	}
	deep := c.deepest(via, end)
	for _, r := range l.related {
		if r.Pos == deep.Pos() {
			return
		}
	}
	text := [...]string{lifecycle.Replaced: "the process is replaced here without a stop", lifecycle.Exited: "the process exits here, deferred calls do not run"}[end]
	l.related = append(l.related, report.Related(deep, text))
	if deep != via {
		l.related = append(l.related, report.Related(via, "which is reached from here"))
	}
}

// deepest follows a call that ends the process to the call in this package that
// does it.
func (c *checker) deepest(call *lifecycle.Call, end lifecycle.EndKind) *lifecycle.Call {
	seen := make(map[*lifecycle.Call]bool)
	for !seen[call] {
		seen[call] = true
		for _, f := range call.Funcs {
			if via := c.pkg.Effects(f).Ends[end].Via; via != nil && !seen[via] {
				call = via
				break
			}
		}
	}
	return call
}

// onPath finds the starts that reach an end on a path of one goroutine.
func (c *checker) onPath() {
	for _, f := range c.pkg.Funcs() {
		if c.pkg.InTest(f.Pos()) {
			continue
		}
		for _, h := range c.pkg.Effects(f).Hits {
			if h.Start.Resource != lifecycle.Requests {
				c.loss(h.Start, h.End).add(c, h.Call, h.End)
			}
		}
	}
}

// report reports one loss. A trace that ends with the process is told like a
// profile: both files are cut.
func (c *checker) report(l *loss) {
	f := report.Finding{Node: l.call, Related: l.related}
	switch {
	case l.resource == lifecycle.Trace && l.end == lifecycle.Replaced:
		f.Kind, f.Message = "trace", "execution trace is cut when the process is replaced"
	case l.resource == lifecycle.Trace:
		f.Kind, f.Message = "exit", "execution trace is cut when the process exits without a stop"
	case l.end == lifecycle.Replaced:
		f.Kind, f.Message = "exec", "cpu profile is lost and its timer outlives the replaced process"
	default:
		f.Kind, f.Message = "exit", "cpu profile is lost when the process exits without a stop"
	}
	if l.message != "" {
		f.Message = l.message
	}
	if l.end == lifecycle.Replaced {
		f.Fixes = c.stopBefore(l)
	}
	c.rep.Report(f)
}

// inFlight reports executions in place while requests for profiles may be
// served: nothing waits for them on the way.
func (c *checker) inFlight() {
	spec, ok := c.pkg.ServesPprof()
	if !ok {
		return
	}
	for _, f := range c.pkg.Funcs() {
		if c.pkg.InTest(f.Pos()) {
			continue
		}
		for _, call := range f.Calls {
			if _, replaces := call.Has("replaces"); !replaces || !c.bareAtRoot(f, lifecycle.Requests|lifecycle.CPUProfile) {
				continue
			}
			finding := report.Finding{Node: call, Kind: "http", Message: "profile requests in flight are cut when the process is replaced"}
			if spec != nil {
				finding.Related = []analysis.RelatedInformation{report.Related(spec, "profiles are served because of this import")}
			}
			c.rep.Report(finding)
		}
	}
}

// bareAtRoot reports whether some root of f replaces the process without having
// stopped the resources.
func (c *checker) bareAtRoot(f *lifecycle.Func, want lifecycle.Resource) bool {
	for _, ctx := range c.pkg.Contexts(f) {
		if end := c.pkg.Effects(ctx.Root.Entry).Ends[lifecycle.Replaced]; end.Reached && end.Bare&want == want {
			return true
		}
	}
	return false
}

// rates reports changes of the profiling rate under a running profile.
func (c *checker) rates() {
	for _, f := range c.pkg.Funcs() {
		if c.pkg.InTest(f.Pos()) {
			continue
		}
		for _, h := range c.pkg.Effects(f).Rates {
			c.rate(h.Call, h.Start)
		}
		for _, call := range f.Calls {
			if _, ok := call.Has("sets"); !ok || !isZero(c.pass, call) {
				continue
			}
			// The rate is set to zero as if that were the stop of a profile that
			// other code in the package leaves running.
			if s := c.leftRunning(); s != nil {
				c.rate(call, s)
			}
		}
	}
}

func (c *checker) rate(call *lifecycle.Call, start *lifecycle.Start) {
	f := report.Finding{Node: call, Kind: "rate", Message: "profiling rate cannot change while a profile runs"}
	if isZero(c.pass, call) {
		f.Message = "rate zero ends sampling under a running cpu profile"
	}
	f.Related = []analysis.RelatedInformation{report.Related(start.Call, "the profile is started here")}
	c.rep.Report(f)
}
