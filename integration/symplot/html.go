package symplot

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"path/filepath"

	"github.com/hotvet/hotvet/integration/internal/htmlpage"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
)

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"percent": percent,
	"named":   named,
}).Parse(pageHTML))

// maxListed is how many addresses of a record the page lists. Those that mislead
// come first.
const maxListed = 2000

// A page is what the template shows. It has no script and loads nothing.
type page struct {
	*Report
	CSS       template.CSS
	Title     string
	Binaries  []side
	Plots     []*plot // of two binaries
	Map       []block
	MapTicks  []tick
	Shares    []part // of OLD's code
	Packages  []packageRow
	Changed   int // packages
	Addresses []Address
	Unlisted  int
}

// side is one binary with what it is called.
type side struct {
	Name string
	*Binary
	Bars []sectionBar
}

// part is a part of a bar.
type part struct {
	Class, Label string
	X, W         string // percent
	Share        string
}

type packageRow struct {
	Package
	Title string
	Bar   []part
}

// sectionBar shows how the functions of one section are known.
type sectionBar struct {
	Section
	Bar []part
}

// WriteHTML writes one page that needs nothing else, with the first top packages.
func (r *Report) WriteHTML(w io.Writer, top int) error {
	p := &page{Report: r, CSS: template.CSS(pageCSS)}
	if r.Old == nil {
		p.one()
	} else {
		p.two(top)
	}
	return htmlpage.Write(w, pageTemplate, p)
}

// one fills in the page of one binary.
func (p *page) one() {
	p.Title = "symbols of " + filepath.Base(p.New.Path)
	p.Binaries = []side{{"Binary", p.New, bars(p.New)}}
	s := newScale(p.new.Funcs)
	p.Map, p.MapTicks = s.blocks(p.new.Funcs), s.ticks()
}

// two fills in the page of a comparison.
func (p *page) two(top int) {
	m := p.Report.Moves
	p.Title = fmt.Sprintf("%s of addresses mislead", percent(m.Code.Wrong))
	p.Binaries = []side{{"OLD", p.Old, bars(p.Old)}, {"NEW", p.New, bars(p.New)}}
	p.Plots = plots(p.old.Funcs, p.new.Funcs)
	p.Shares = codeBar(m.Code)
	list := changed(p.Report.Packages)
	p.Changed = len(list)
	for _, k := range list[:min(top, len(list))] {
		p.Packages = append(p.Packages, packageRow{k, k.title(), codeBar(k.Code)})
	}
	if p.Report.Addresses == nil {
		return
	}
	for _, result := range []string{Other, Nowhere, Unknown, Shifted, Same} {
		for _, a := range p.Report.Addresses.List {
			if a.Result == result {
				p.Addresses = append(p.Addresses, a)
			}
		}
	}
	if n := len(p.Addresses); n > maxListed {
		p.Addresses, p.Unlisted = p.Addresses[:maxListed], n-maxListed
	}
}

// codeBar splits code by what NEW says of it.
func codeBar(c Code) []part {
	return split([]part{
		{Class: "same", Label: "the same function, same place"},
		{Class: "shifted", Label: "the same function, another instruction"},
		{Class: "other", Label: "another function"},
		{Class: "nowhere", Label: "no function"},
	}, c.Bytes-c.Shifted-c.Other-c.Nowhere, c.Shifted, c.Other, c.Nowhere)
}

// bars shows the sections that have functions.
func bars(b *Binary) []sectionBar {
	var list []sectionBar
	for _, s := range b.Sections {
		alone := s.Gosym - s.Both - s.Renamed - s.OnlyGo // more than one function at an address, or no ELF table
		list = append(list, sectionBar{s, split([]part{
			{Class: "same", Label: "both tables, same name"},
			{Class: "alone", Label: "Go table, nothing to compare"},
			{Class: "other", Label: "tables disagree"},
			{Class: "foreign", Label: "outside of Go"},
		}, uint64(s.Both), uint64(max(alone, 0)), uint64(s.Renamed+s.OnlyGo+s.OnlyELF), uint64(s.Foreign))})
	}
	return list
}

// split sets the widths of parts by their numbers.
func split(parts []part, numbers ...uint64) []part {
	var total, before uint64
	for _, n := range numbers {
		total += n
	}
	for i, n := range numbers {
		parts[i].X = fmt.Sprintf("%.4g%%", 100*share(before, total))
		parts[i].W = fmt.Sprintf("%.4g%%", 100*share(n, total))
		parts[i].Share = percent(share(n, total))
		before += n
	}
	return parts
}
