package cli

import (
	"flag"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotvet/hotvet/integration/gatefacts"
	"github.com/hotvet/hotvet/integration/report"
)

// gateOptions are the flags of gate.
type gateOptions struct {
	format      string
	dir         string // absolute
	policyFile  string
	printPolicy bool
	findings    string
	health      string
	pprof       string
	pid         int
	profiles    [2]string
	audit       string
	after       bool
	old, new    string
}

const gateAbout = `Says whether NEW may replace OLD while it runs: allow or deny, with a row for each
check that passed, failed or could not be made. What is unknown denies, unless the
policy allows that check to be unknown, by name, with a reason and a last day.

Two binaries are enough for the checks of build, symbols, layout and cgo. What more is
named is judged as well: the findings of "hotvet check -format json" say which types
are cast and whether addresses leave the process; -pid and -pprof look at the running
service, -health asks for its score, -profiles compares what was measured. Only the
addresses that are named here are asked. With -after the update has happened, and the
same questions go to NEW.

With -audit every decision is a line of a log before it is told; what cannot be
recorded is denied. "hotvet explain gate" says what each check rests on.

Exit status: 0 allow, 3 deny, 1 could not judge, 2 usage.
`

func (inv *invocation) parseGate(args []string) (*gateOptions, error) {
	opt := new(gateOptions)
	var profiles string
	fs := inv.flags("gate", "[flags] OLD NEW", gateAbout)
	fs.StringVar(&opt.format, "format", "text", "`form` of the decision: "+strings.Join(report.Formats(), ", "))
	fs.StringVar(&opt.dir, "C", "", "change to `folder` first, which the findings are relative to")
	fs.StringVar(&opt.policyFile, "policy", "", "`file` that says what an update may change")
	fs.BoolVar(&opt.printPolicy, "print-policy", false, "write the default policy, which documents its keys, and exit")
	fs.StringVar(&opt.findings, "findings", "", "`file` with the stream of check or confirm (-: standard input)")
	fs.IntVar(&opt.pid, "pid", 0, "`process` that runs OLD; with -after, NEW")
	fs.StringVar(&opt.pprof, "pprof", "", "`URL` of its handlers, as http://localhost:6060/debug/pprof")
	fs.StringVar(&opt.health, "health", "", "`URL` of its health score")
	fs.StringVar(&profiles, "profiles", "", "`OLD,NEW`: the last profile of OLD and the first of NEW, two files")
	fs.StringVar(&opt.audit, "audit", "", "`file` of the audit log")
	fs.BoolVar(&opt.after, "after", false, "the update has happened: ask the service again")
	files, err := parseAnywhere(fs, args)
	if err != nil {
		return nil, err
	}
	if opt.printPolicy {
		return opt, nil
	}
	if err := empty(fs); err != nil {
		return nil, err
	}
	if opt.dir, err = filepath.Abs(opt.dir); err != nil {
		return nil, err
	}
	if err := opt.check(files, profiles); err != nil {
		return nil, err
	}
	for _, name := range []*string{&opt.policyFile, &opt.old, &opt.new, &opt.audit, &opt.profiles[0], &opt.profiles[1]} {
		*name = opt.join(*name)
	}
	return opt, nil
}

// empty refuses a flag that was given without a value, as by a variable of a script
// that is not set: what it asks for would not be judged, and nobody would notice.
func empty(fs *flag.FlagSet) (err error) {
	fs.Visit(func(f *flag.Flag) {
		switch value := f.Value.String(); {
		case value == "":
			err = usageError("leave it out, or give its value", "-%s is empty", f.Name)
		case f.Name == "pid" && (value == "0" || value[0] == '-'):
			err = usageError("", "-pid %s is no process", value)
		}
	})
	return err
}

// check refuses a command line that says too little or what cannot be.
func (opt *gateOptions) check(files []string, profiles string) error {
	switch {
	case len(files) != 2:
		return usageError("hotvet gate [flags] OLD NEW", "two binaries are compared, not %d", len(files))
	case !slices.Contains(report.Formats(), opt.format):
		return usageError("formats are "+strings.Join(report.Formats(), ", "), "unknown format %q", opt.format)
	case opt.after && opt.pid == 0 && opt.pprof == "" && opt.health == "" && profiles == "":
		return usageError("name the service with -pid, -pprof or -health", "-after asks a service, and none is named")
	}
	opt.old, opt.new = files[0], files[1]
	for flag, address := range map[string]string{"pprof": opt.pprof, "health": opt.health} {
		if address == "" {
			continue
		}
		if err := gatefacts.CheckURL(address); err != nil {
			return usageError("", "-%s: %w", flag, err)
		}
	}
	if profiles == "" {
		return nil
	}
	old, new, ok := strings.Cut(profiles, ",")
	if !ok || old == "" || new == "" || strings.Contains(new, ",") {
		return usageError("", "-profiles %s: two files with a comma between them", profiles)
	}
	opt.profiles = [2]string{old, new}
	return nil
}

// join returns the absolute name of a file on the command line.
func (opt *gateOptions) join(name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(opt.dir, name)
}
