package diffview

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/hotvet/hotvet/integration/profile"
)

// text writes the two sides, how alike they are, and the table.
func (v *View) text(w io.Writer, top int) error {
	var b strings.Builder
	for i, word := range []string{"before", "after "} {
		s := []profile.Side{v.diff.Before, v.diff.After}[i]
		fmt.Fprintf(&b, "%s  %s: %s, %s of %s in %d stacks\n", word, Plain(v.names[i]), when(v.infos[i]),
			Amount(s.Total, v.diff.Unit), Plain(v.diff.Type), s.Stacks)
	}
	if gap := v.gap(); gap != nil {
		fmt.Fprintf(&b, "gap     %.1f s between them\n", *gap)
	}
	b.WriteString("stacks  " + alike(v.diff) + "\n\n")
	b.WriteString(Table(Summarize(v.diff, top)))
	_, err := io.WriteString(w, b.String())
	return err
}

// alike says in a line how alike two profiles are.
func alike(d profile.Diff) string {
	if d.Chance == 0 {
		return fmt.Sprintf("%.2f in common; hot spots moved by %.2f", d.Stacks, d.Shift)
	}
	return fmt.Sprintf("%.2f in common, %.2f of what chance leaves; hot spots moved by %.2f, %.2f beyond chance",
		d.Stacks, d.Alike, d.Shift, d.Moved)
}

// Table spells the functions of a summary, shares in percent.
func Table(s Summary) string {
	if len(s.Functions) == 0 {
		return "no functions\n"
	}
	var b strings.Builder
	b.WriteString("   flat before  after  change |   cum before  after  change | function\n")
	for _, f := range s.Functions {
		fmt.Fprintf(&b, "%12.1f%% %5.1f%% %7s |%12.1f%% %5.1f%% %7s | %s\n",
			100*f.Before.Flat, 100*f.After.Flat, points(f.Change),
			100*f.Before.Cum, 100*f.After.Cum, points(f.CumChange), Plain(f.Name))
	}
	if s.More > 0 {
		fmt.Fprintf(&b, "%d more functions\n", s.More)
	}
	return b.String()
}

// points spells a change of a share in percentage points.
func points(change float64) string {
	text := fmt.Sprintf("%+.1f", 100*change)
	if text == "-0.0" || text == "+0.0" {
		return "0.0"
	}
	return text
}

// maxName is how much of a name is shown, in characters.
const maxName = 300

// Plain returns s without what could drive a terminal: names come from profiles,
// which anyone can make.
func Plain(s string) string {
	n := 0
	return strings.Map(func(r rune) rune {
		n++
		switch {
		case n > maxName:
			return -1
		case unicode.IsPrint(r):
			return r
		}
		return unicode.ReplacementChar
	}, s)
}
