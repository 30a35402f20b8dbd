package cli

import (
	"fmt"
	"io"
	"strings"
)

// explain prints the documentation of one analyzer, or one line for each.
func (inv *invocation) explain(args []string) error {
	fs := inv.flags("explain", "[analyzer[/kind] | gate]", "Says what an analyzer means: what breaks, wrong and right code, when it is\nsilent on purpose and how a finding is confirmed. Without a name, lists them. Of gate,\nsays what each check rests on, and where known recipes are wrong.")
	if err := parse(fs, args); err != nil {
		return err
	}
	switch fs.NArg() {
	case 0:
		for _, a := range inv.program.Analyzers {
			d, err := a.Document()
			if err != nil {
				return err
			}
			fmt.Fprintf(inv.stdout, "%-12s %s\n", a.Name, d.Title)
		}
		fmt.Fprintf(inv.stdout, "%-12s %s\n", "gate", "what the checks of an update rest on, and where known recipes are wrong")
		return nil
	case 1:
	default:
		return usageError("", "explain takes one analyzer")
	}
	name, _, _ := strings.Cut(fs.Arg(0), "/")
	if name == "gate" {
		_, err := io.WriteString(inv.stdout, gatePage)
		return err
	}
	for _, a := range inv.program.Analyzers {
		if a.Name == name {
			return inv.explainOne(&a)
		}
	}
	return usageError("analyzers are "+strings.Join(inv.program.names(), ", "), "unknown analyzer %q", name)
}

func (inv *invocation) explainOne(a *Analyzer) error {
	d, err := a.Document()
	if err != nil {
		return err
	}
	fmt.Fprintf(inv.stdout, "%s: %s\n\n%s\n", a.Name, d.Title, d.Text)
	for _, part := range []struct{ head, code string }{{"Wrong", d.Before}, {"Right", d.After}} {
		if part.code != "" {
			fmt.Fprintf(inv.stdout, "\n%s:\n\n%s\n", part.head, indent(part.code))
		}
	}
	fmt.Fprintf(inv.stdout, "\nSeverity: %s\n", severity(d.Severity))
	if a.Since != "" {
		fmt.Fprintf(inv.stdout, "Since: %s\n", a.Since)
	}
	_, err = fmt.Fprintf(inv.stdout, "See: %s\n", a.URL)
	return err
}

func indent(code string) string {
	lines := strings.Split(code, "\n")
	for i, line := range lines {
		if line != "" {
			lines[i] = "\t" + line
		}
	}
	return strings.Join(lines, "\n")
}
