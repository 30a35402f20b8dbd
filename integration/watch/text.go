package watch

import (
	"fmt"
	"strings"

	"github.com/hotvet/hotvet/integration/watch/diffview"
)

// Text spells a round for people. The tables of functions come with an alert, or if
// they are asked for.
func (r Round) Text(tables bool) string {
	var b strings.Builder
	var parts []string
	for _, d := range r.Diffs {
		judged, beyond := "", ""
		if d.Chance > 0 {
			beyond = fmt.Sprintf(", %.2f beyond chance", d.Moved)
		}
		if d.TooLittle {
			judged = " (too little to judge)"
		}
		parts = append(parts, fmt.Sprintf("%s %s to %s, stacks %.2f, shift %.2f%s%s", d.Kind,
			diffview.Amount(d.Before.Total, d.Unit), diffview.Amount(d.After.Total, d.Unit), d.Stacks, d.Shift, beyond, judged))
	}
	if len(r.Diffs) == 0 {
		for _, t := range r.Profiles {
			parts = append(parts, fmt.Sprintf("%s %d bytes", t.Kind, t.Bytes))
		}
	}
	if r.Gap != nil {
		parts = append(parts, fmt.Sprintf("gap %.1f s", *r.Gap))
	}
	if r.Score != nil {
		parts = append(parts, fmt.Sprintf("score %d", *r.Score))
	}
	if parts == nil {
		parts = []string{"nothing was taken"}
	}
	fmt.Fprintf(&b, "%s  %s\n", r.Time.UTC().Format("2006-01-02 15:04:05"), strings.Join(parts, "; "))
	line := func(word string, list ...string) {
		for _, s := range list {
			fmt.Fprintf(&b, "\t%s: %s\n", word, diffview.Plain(s))
		}
	}
	line("error", r.Errors...)
	line("note", r.Notes...)
	if r.Restart != "" {
		line("restart", r.Restart)
	}
	line("alert", r.Alerts...)
	for _, d := range r.Diffs {
		if tables || alerted(r.Alerts, d.Kind) {
			fmt.Fprintf(&b, "%s\n%s\n", d.Kind, diffview.Table(d.Summary))
		}
	}
	return b.String()
}

func alerted(alerts []string, kind string) bool {
	for _, a := range alerts {
		if strings.HasPrefix(a, kind+": ") {
			return true
		}
	}
	return false
}
