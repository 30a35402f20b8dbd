package report

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/internal/htmlpage"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
	//go:embed page.js
	pageJS string
)

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// Words of the page for findings that no verdict tells of.
const (
	notRun     = "not run"
	suppressed = "suppressed"
)

// maxData is how many bytes of the data of one evidence are shown.
const maxData = 4 << 10

// htmlWriter writes one page that needs nothing else: no network, no other file.
// Its charts are SVG of its own template, because the charting libraries for Go
// load a script from elsewhere.
type htmlWriter struct {
	record
	w      io.Writer
	rules  []Rule
	folder string
}

// A page is what the template shows.
type page struct {
	CSS       template.CSS
	JS        template.JS
	Policy    string // Content-Security-Policy: nothing is loaded, one script runs
	Title     string
	Counts    []count
	Configs   []command
	Complete  bool
	Errors    []string
	Stale     []string
	Analyzers []*analyzerRow
	Decisions []*finding.Decision
	Bare      bool // a decision stands alone: that it rests on no finding is no news
	Checks    []finding.Row
	Costs     []finding.Cost
	Charts    []*chart
	Findings  []*item
	Strays    []*item // judged, but not in the stream
	Steps     []string
}

type count struct {
	Name string // of a verdict, or notRun or suppressed
	Slug string
	N    int
}

type command struct {
	Line, Version, Go, Platform string
}

type analyzerRow struct {
	Name, Summary, URL string
	Total              int
	Counts             map[string]int // by verdict
}

// An item is one finding.
type item struct {
	ID        string
	Finding   *finding.Finding
	Verdict   string
	Slug      string
	URL       string
	Verdicts  []*finding.Verdict
	Evidence  []observation
	Excerpts  []*excerpt
	Elsewhere []*spot // places that could not be quoted
}

type observation struct {
	Kind, Text, Data string
}

// Close implements [Writer].
func (h *htmlWriter) Close() error {
	p := h.page()
	return htmlpage.Write(h.w, pageTemplate, p)
}

func (h *htmlWriter) page() *page {
	hash := sha256.Sum256([]byte(pageJS))
	p := &page{
		CSS:       template.CSS(pageCSS),
		JS:        template.JS(pageJS),
		Policy:    "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'",
		Complete:  len(h.summaries) >= max(len(h.configs), 1),
		Decisions: h.decisions,
		Charts:    charts(h.progress),
	}
	for _, c := range h.configs {
		p.Configs = append(p.Configs, command{strings.Join(append([]string{"hotvet", c.Command}, c.Args...), " "), c.Version, c.Go, c.GOOS + "/" + c.GOARCH})
	}
	for _, s := range h.summaries {
		p.Errors = append(p.Errors, s.Errors...)
		p.Stale = append(p.Stale, s.Stale...)
		p.Checks = append(p.Checks, s.Checks...)
		p.Costs = append(p.Costs, s.Costs...)
	}
	for _, step := range h.progress {
		if step.Event == nil {
			p.Steps = append(p.Steps, step.Message)
		}
	}
	src := &sources{folder: h.folder}
	for _, e := range h.entries() {
		if e.Finding == nil {
			p.Strays = append(p.Strays, stray(e))
			continue
		}
		p.Findings = append(p.Findings, newItem(e, src))
	}
	// What was observed comes first; within a verdict the stream has its order.
	order := []string{finding.Confirmed, finding.Unreached, notRun, finding.Refuted, suppressed}
	slices.SortStableFunc(p.Findings, func(a, b *item) int {
		return cmp.Compare(slices.Index(order, a.Verdict), slices.Index(order, b.Verdict))
	})
	p.count(order, h.rules)
	return p
}

// count fills in what is counted, and the title.
func (p *page) count(order []string, rules []Rule) {
	total := make(map[string]int)
	rows := make(map[string]*analyzerRow)
	for _, f := range p.Findings {
		total[f.Verdict]++
		name := f.Finding.Analyzer
		row := rows[name]
		if row == nil {
			row = &analyzerRow{Name: name, Counts: make(map[string]int)}
			if i := slices.IndexFunc(rules, func(r Rule) bool { return r.Name == name }); i >= 0 {
				row.Summary, row.URL = rules[i].Summary, external(rules[i].URL)
			}
			rows[name] = row
			p.Analyzers = append(p.Analyzers, row)
		}
		row.Total++
		row.Counts[f.Verdict]++
	}
	slices.SortFunc(p.Analyzers, func(a, b *analyzerRow) int { return strings.Compare(a.Name, b.Name) })
	var words []string
	for _, d := range p.Decisions {
		words = append(words, d.Result)
	}
	p.Bare = len(words) > 0 && len(p.Findings)+len(p.Strays) == 0
	for _, name := range order {
		p.Counts = append(p.Counts, count{name, slug(name), total[name]})
		if total[name] > 0 {
			words = append(words, fmt.Sprintf("%d %s", total[name], name))
		}
	}
	if words == nil {
		words = []string{"no findings"}
	}
	p.Title = strings.Join(words, ", ")
}

func newItem(e *entry, src *sources) *item {
	f := e.Finding
	it := stray(e)
	it.Finding, it.URL = f, external(f.URL)
	switch {
	case f.Suppressed:
		it.Verdict = suppressed
	case it.Verdict == "":
		it.Verdict = notRun
	}
	it.Slug = slug(it.Verdict)
	spots := []*spot{{Posn: f.Posn, Main: true, end: f.End}}
	for _, r := range f.Related {
		spots = append(spots, &spot{Posn: r.Posn, Note: r.Message})
	}
	for _, v := range e.evidence {
		for _, posn := range places(v.Data) {
			spots = append(spots, &spot{Posn: posn, Note: v.Kind})
		}
	}
	it.Excerpts, it.Elsewhere = src.excerpts(spots)
	return it
}

// stray returns an item without its finding.
func stray(e *entry) *item {
	it := &item{ID: e.id, Verdict: e.result(), Verdicts: e.verdicts}
	it.Slug = slug(it.Verdict)
	for _, v := range e.evidence {
		o := observation{Kind: v.Kind, Text: v.Text}
		var buf bytes.Buffer
		if len(v.Data) > 0 && json.Indent(&buf, v.Data, "", "  ") == nil {
			o.Data = cut(buf.String(), maxData)
		}
		it.Evidence = append(it.Evidence, o)
	}
	return it
}

// external returns a URL that a page may link to, or nothing.
func external(url string) string {
	if strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://") {
		return url
	}
	return ""
}

// slug is the name of a verdict in the style sheet and the filter.
func slug(verdict string) string { return strings.ReplaceAll(verdict, " ", "-") }
