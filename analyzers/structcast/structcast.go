package structcast

import (
	_ "embed"
	"go/ast"
	"go/types"
	"runtime"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/hotvet/hotvet/analyzers/internal/docs"
	"github.com/hotvet/hotvet/analyzers/internal/origin"
	"github.com/hotvet/hotvet/analyzers/internal/report"
)

//go:embed doc.go
var doc string

// Analyzer finds unsafe casts that lay a Go struct over memory whose layout
// another binary, another generation or another package decides.
var Analyzer = &analysis.Analyzer{
	Name:      "structcast",
	Doc:       docs.MustExtract(doc, "structcast"),
	URL:       docs.URL("structcast"),
	Requires:  []*analysis.Analyzer{inspect.Analyzer},
	FactTypes: []analysis.Fact{new(bytesFact)},
	Run:       run,
}

// A checker holds what the parts of one run share.
type checker struct {
	pass   *analysis.Pass
	report *report.Reporter
	graph  *origin.Graph // built when there is a first use
	guards *guards       // the same

	casts []*cast // casts to structs, in source order
	views []*view // structs seen as bytes
	sinks map[*types.Func][]sink

	mirrors map[mirrorKey]*laidMirror
	inOrder []*laidMirror // of mirrors
}

func run(pass *analysis.Pass) (any, error) {
	c := &checker{pass: pass, report: report.New(pass), sinks: make(map[*types.Func][]sink),
		mirrors: make(map[mirrorKey]*laidMirror)}
	defer c.report.Done()

	if pass.TypesSizes == nil {
		// Some drivers leave it out where they are not told the target.
		pass.TypesSizes = types.SizesFor("gc", runtime.GOARCH)
	}
	if c.usesUnsafe() {
		c.collect(pass.ResultOf[inspect.Analyzer].(*inspector.Inspector))
	}
	producer := origin.CallsProducer(pass.TypesInfo, c.external)
	if len(c.casts) == 0 && len(c.views) == 0 && !producer && !c.callsSink() {
		return nil, nil
	}
	for _, cast := range c.casts {
		c.check(cast)
	}
	c.tellMirrors()
	if len(c.views) > 0 {
		c.checkViews()
	}
	c.checkCalls()
	c.exportFacts(producer && (c.usesUnsafe() || origin.CallsSource(pass.TypesInfo, c.external)))
	return nil, nil
}

func (c *checker) usesUnsafe() bool {
	for _, imp := range c.pass.Pkg.Imports() {
		if imp.Path() == "unsafe" {
			return true
		}
	}
	return false
}

// inTest reports whether a node is in a test file: tests are not updated while
// they run.
func (c *checker) inTest(n ast.Node) bool {
	return strings.HasSuffix(c.pass.Fset.Position(n.Pos()).Filename, "_test.go")
}

func (c *checker) origins() *origin.Graph {
	if c.graph == nil {
		c.graph = origin.New(c.pass, c.external)
	}
	return c.graph
}

// check reports the one finding of a cast that tells most: an overrun is wrong
// in any process, outside bytes only after an update, a mirror only after an
// update of the toolchain or of a dependency.
func (c *checker) check(cast *cast) {
	if c.short(cast) {
		return
	}
	if cast.elem != nil && c.outside(cast) {
		return
	}
	c.mirror(cast)
}

// outside reports a cast of bytes that another binary may have written. It
// returns whether the bytes are from outside, reported or not.
func (c *checker) outside(cast *cast) bool {
	res := c.traceCast(cast)
	if res == nil || res.Has(origin.Kernel) || res.Cut {
		return false
	}
	src, ok := res.Outside()
	if cast.typeParam != nil {
		c.genericSink(cast, res, src, ok)
		return ok
	}
	if !ok {
		c.paramSinks(cast.conv, cast.elem, res)
		return false
	}
	c.judge(&site{node: cast.conv, elem: cast.elem, res: res, src: src})
	return true
}

// traceCast walks back from the memory that a cast is laid over; nil where that
// is a variable's own words and not what they point to.
func (c *checker) traceCast(cast *cast) *origin.Result {
	if cast.header != nil {
		return c.origins().TraceVar(cast.header)
	}
	if _, t := c.pointed(cast.operand); t != nil {
		if _, ok := cast.target.Underlying().(*types.Slice); !ok && indirect(t) {
			return nil
		}
	}
	return c.origins().Trace(cast.operand)
}

// indirect reports whether a value of type t is a reference to its content.
func indirect(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Slice, *types.Pointer, *types.Interface, *types.Map, *types.Chan, *types.Signature:
		return true
	case *types.Basic:
		return u.Info()&types.IsString != 0 || u.Kind() == types.UnsafePointer
	}
	return false
}

// A site is a place where outside bytes become a struct.
type site struct {
	node    ast.Node
	elem    types.Type // the struct
	res     *origin.Result
	src     origin.Source
	viewed  bool // the struct itself is the buffer: no length can be too short
	related []analysis.RelatedInformation
}

// judge reports a site unless a guard makes it safe.
func (c *checker) judge(s *site) {
	g := c.guardsOf()
	if g.exact(s.elem) {
		return
	}
	if g.versioned(s) && g.sized(s) {
		if layoutDiffers(s.elem) {
			c.emit(s, "arch")
		}
		return
	}
	c.emit(s, kindOf(s.src.Kind))
}

// kindOf maps the maker of the bytes to the kind of the finding.
func kindOf(k origin.Kind) string {
	if k == origin.Stream {
		return string(origin.File)
	}
	return string(k)
}

var messages = map[string]string{
	"file":   "file bytes cast to a struct are misread after an update",
	"mmap":   "mapped file cast to a struct is misread after an update",
	"shm":    "shared memory cast to a struct is misread after an update",
	"socket": "peer's bytes cast to a struct are misread after an update",
	"arch":   "struct cast from outside bytes is laid out differently on 32 bits",
	"mirror": "mirror of a private layout is misread after its owner changes",
	"short":  "view is larger than its buffer and runs past the end",
}

func (c *checker) emit(s *site, kind string) {
	if c.inTest(s.node) {
		return
	}
	msg := messages[kind]
	if kind == "file" && s.src.Kind == origin.Stream {
		msg = "stream bytes cast to a struct are misread after an update"
	}
	related := s.related
	if s.src.Node != nil && s.src.Node != s.node {
		related = append(related, report.Related(s.src.Node, producedBy[s.src.Kind]))
	}
	related = append(related, c.writers(s.elem)...)
	c.report.Report(report.Finding{Node: s.node, Kind: kind, Message: msg, Related: related})
}

var producedBy = map[origin.Kind]string{
	origin.File:   "bytes of a file that another build may have written",
	origin.Stream: "bytes that another build may have written",
	origin.Socket: "bytes that a peer of another build may have sent",
	origin.Mmap:   "mapping of a file that another build may have written",
	origin.Shm:    "memory shared with processes of other builds",
}
