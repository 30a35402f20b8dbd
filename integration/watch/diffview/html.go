package diffview

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"

	"github.com/hotvet/hotvet/integration/internal/htmlpage"
	"github.com/hotvet/hotvet/integration/profile"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
	//go:embed page.js
	pageJS string
)

var pageTemplate = template.Must(template.New("diff").Funcs(template.FuncMap{
	"percent": func(v float64) string { return fmt.Sprintf("%.1f %%", 100*v) },
	"points":  points,
	"tone":    tone,
	"fit":     func(name string) string { return fit(name, maxName) },
}).Parse(pageHTML))

const (
	barRows   = 15
	tableRows = 200
	barWidth  = 80.0 // percent of the chart; the number stands behind the bar
)

// page is what the template shows. The charts are SVG of the template, because the
// charting libraries for Go load a script from elsewhere.
type page struct {
	CSS    template.CSS
	JS     template.JS
	Policy string // Content-Security-Policy: nothing is loaded, one script runs
	Kind   string
	Sides  []sideRow
	Tiles  []tile
	Bars   []bar
	Flame  flame
	Table  Summary
}

type sideRow struct {
	Word, Name, When, Total string
	Stacks                  int
}

type tile struct{ Value, Text string }

// A bar is one function in the chart; widths are percent of the chart.
type bar struct {
	Name, Y                 string
	BeforeW, AfterW         string
	BeforeText, AfterText   string
	BeforeTextX, AfterTextX string
	Change, Tone            string
	BeforeY, AfterY         string
}

const barHeight = 52 // pixels of one function

func (v *View) html(w io.Writer) error {
	hash := sha256.Sum256([]byte(pageJS))
	p := page{
		CSS:    template.CSS(pageCSS),
		JS:     template.JS(pageJS),
		Policy: "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'",
		Kind:   v.diff.Type,
		Bars:   bars(v.diff.Functions),
		Flame:  newFlame(v.tree),
		Table:  Summarize(v.diff, tableRows),
	}
	for i, word := range []string{"before", "after"} {
		s := []profile.Side{v.diff.Before, v.diff.After}[i]
		p.Sides = append(p.Sides, sideRow{word, v.names[i], when(v.infos[i]), Amount(s.Total, v.diff.Unit), s.Stacks})
	}
	stacks, spots := "of the stacks in common", "of the hot spots moved"
	if v.diff.Chance > 0 {
		stacks += fmt.Sprintf(", %.2f of what chance leaves", v.diff.Alike)
		spots += fmt.Sprintf(", %.2f beyond chance", v.diff.Moved)
	}
	p.Tiles = []tile{
		{fmt.Sprintf("%.2f", v.diff.Stacks), stacks},
		{fmt.Sprintf("%.2f", v.diff.Shift), spots},
		{fmt.Sprint(len(v.diff.Functions)), "functions"},
	}
	if gap := v.gap(); gap != nil {
		p.Tiles = append(p.Tiles, tile{fmt.Sprintf("%.1f s", *gap), "between the profiles"})
	}
	return htmlpage.Write(w, pageTemplate, p)
}

// bars returns the chart of the functions that changed most.
func bars(list []profile.FunctionDiff) (rows []bar) {
	largest := 0.0
	for _, f := range list[:min(len(list), barRows)] {
		largest = max(largest, f.Before.Flat, f.After.Flat)
	}
	for i, f := range list[:min(len(list), barRows)] {
		if f.FlatChange() == 0 {
			break // those behind it have not changed either
		}
		before, after := barWidth*f.Before.Flat/largest, barWidth*f.After.Flat/largest
		y := i * barHeight
		rows = append(rows, bar{
			Name: short(f.Name), Y: fmt.Sprint(y + 14),
			BeforeW: length(before), AfterW: length(after),
			BeforeTextX: length(before), AfterTextX: length(after),
			BeforeText: fmt.Sprintf("%.1f %%", 100*f.Before.Flat), AfterText: fmt.Sprintf("%.1f %%", 100*f.After.Flat),
			BeforeY: fmt.Sprint(y + 20), AfterY: fmt.Sprint(y + 33),
			Change: points(f.FlatChange()), Tone: tone(f.FlatChange()),
		})
	}
	return rows
}

// Height is that of the bar chart in pixels.
func (p page) Height() int { return len(p.Bars) * barHeight }

func length(percent float64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.3f", percent), ".000") + "%"
}

// tone names the colour of a change in the style sheet, by percentage points.
func tone(change float64) string {
	size := math.Abs(change)
	sign := "more"
	if change < 0 {
		sign = "less"
	}
	switch {
	case size < 0.005:
		return "same"
	case size < 0.02:
		return sign + "1"
	case size < 0.1:
		return sign + "2"
	}
	return sign + "3"
}

// short leaves out the folders of a function's package, and what would not fit: type
// arguments first, behind which the name of the method stands.
func short(name string) string {
	const fits = 80
	before, _, _ := strings.Cut(name, "[") // type arguments have folders too
	name = name[strings.LastIndex(before, "/")+1:]
	if len(name) > fits {
		name = withoutArguments(name)
	}
	return fit(name, 120)
}

// fit cuts a name that has more characters than most.
func fit(name string, most int) string {
	runes := []rune(name)
	if len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return name
}

// withoutArguments writes [...] for what is in brackets, as stack traces have it
// (runtime/traceback.go, printFuncName).
func withoutArguments(name string) string {
	var b strings.Builder
	depth := 0
	for _, r := range name {
		switch {
		case r == '[':
			if depth++; depth == 1 {
				b.WriteString("[...]")
			}
		case r == ']' && depth > 0:
			depth--
		case depth == 0:
			b.WriteRune(r)
		}
	}
	return b.String()
}
