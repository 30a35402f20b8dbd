package cli

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	iofs "io/fs"
	"slices"
	"time"

	"github.com/hotvet/hotvet/integration/watch"
	"github.com/hotvet/hotvet/integration/watch/diffview"
)

const watchAbout = `The profile heartbeat of a running service. In each round it takes a CPU, a heap and
a goroutine profile from URL, which is that of /debug/pprof (a URL without a path
means that), compares each with the one before, and says what is over a threshold,
what could not be taken, how long the service was not sampled, and whether it was
restarted. The table of functions is shown with an alert, and with -once.

Profiles are samples: two of the same load differ, the more the fewer samples they
have. "Beyond chance" is what differs more than that. Where chance alone could make
three quarters of the difference it says "too little to judge": a longer -cpu helps.

A restart is told by the health URL, /debug/pprof/healthz, where the service has one
(package integration/healthz): pid, start or build id are others. Without it, by the
build id that profiles name, the command line, or fewer bytes allocated than before.
A restart that shows in none of these is not noticed.

With -store the profiles are kept, the newest -keep of each kind; only the user can
read them. Nothing is written to disk without it. Two watchers may run at once: a
service takes one CPU profile at a time, so the one that is refused says so and asks
again. Only the named host is asked, and redirects to others are refused. https asks for
a certificate that this host trusts, or that is in the file that SSL_CERT_FILE names.

Without -once it goes on until it is interrupted, which is its usual end. -once
compares with the newest profiles of the store; if there are none, it makes two
rounds, an interval apart.

The exit status is 3 when anything was over a threshold, 1 when with -once a profile
could not be taken or kept, else 0. The form json is one object a line for each round.
`

// watch watches one service.
func (inv *invocation) watch(args []string) error {
	fs := inv.flags("watch", "[flags] URL", watchAbout)
	config := watchFlags(fs)
	limits := &config.Thresholds
	once := fs.Bool("once", false, "make one comparison and exit")
	format := fs.String("format", "text", "`form` of the output: text, json")
	urls, err := parseAnywhere(fs, args)
	switch {
	case err != nil:
		return err
	case len(urls) != 1:
		return usageError("hotvet watch http://localhost:6060/debug/pprof", "watch takes one URL, not %d", len(urls))
	case !slices.Contains([]string{"text", "json"}, *format):
		return usageError("formats are text, json", "unknown format %q", *format)
	case config.Functions < 0:
		return usageError("", "-top %d: less than none", config.Functions)
	}
	if limits.MaxGap == 0 {
		// A round can make the next one late, which is no gap.
		limits.MaxGap = max(2*config.Interval, 30*time.Second)
	}
	config.URL = urls[0]
	w, err := watch.New(*config)
	switch {
	case errors.As(err, new(*iofs.PathError)): // of the store
		return err
	case err != nil:
		return usageError("hotvet watch -h lists the flags", "%w", err)
	}
	out := &watchOutput{inv: inv, format: *format, once: *once}
	if *once {
		err = w.Once(inv.ctx, out.show)
	} else {
		err = w.Watch(inv.ctx, out.show)
	}
	switch {
	case inv.ctx.Err() != nil && errors.Is(err, inv.ctx.Err()):
		return errors.New("interrupted")
	case err != nil:
		return err
	case out.alerts > 0:
		return errFindings
	case *once && out.errors > 0:
		return &ExitError{Status: ExitFailed}
	}
	return nil
}

// watchFlags returns what the flags set when they are parsed.
func watchFlags(fs *flag.FlagSet) *watch.Config {
	config := new(watch.Config)
	limits := &config.Thresholds
	fs.DurationVar(&config.Interval, "interval", time.Minute, "`time` between the starts of two rounds")
	fs.DurationVar(&config.CPU, "cpu", 5*time.Second, "`length` of a CPU profile, whole seconds")
	fs.StringVar(&config.Store, "store", "", "keep the profiles in `folder`")
	fs.IntVar(&config.Keep, "keep", 100, "keep the newest `N` of each kind")
	fs.IntVar(&config.Functions, "top", 10, "show `N` functions of each comparison, 0: all")
	fs.DurationVar(&limits.MaxGap, "max-gap", 0, "alert: no CPU profile for this `time` (default: two intervals, 30s at least)")
	fs.Float64Var(&limits.MaxShift, "max-shift", 0.5, "alert: more than this `share` of the hot spots of CPU or heap moved beyond chance, 0: never")
	fs.Float64Var(&limits.MinStacks, "min-stacks", 0, "alert: less than this `share` of the stacks that chance leaves in common")
	fs.Float64Var(&limits.MaxGrowth, "max-growth", 3, "alert: goroutines or memory in use grew more than `N` times, 0: never")
	fs.IntVar(&limits.MinScore, "min-score", 85, "alert: the health has less than this `score`, if there is one")
	fs.BoolVar(&limits.Restart, "alert-restart", false, "alert: the service was restarted")
	return config
}

// watchOutput shows rounds and counts what decides the exit status.
type watchOutput struct {
	inv            *invocation
	format         string
	once           bool
	alerts, errors int
}

func (o *watchOutput) show(r watch.Round) error {
	o.alerts += len(r.Alerts)
	o.errors += len(r.Errors)
	if o.once {
		for _, text := range r.Errors {
			o.inv.say("%s", diffview.Plain(text))
		}
	}
	if o.format == "json" {
		return json.NewEncoder(o.inv.stdout).Encode(r)
	}
	if o.once {
		r.Errors = nil // which were said
	}
	_, err := fmt.Fprint(o.inv.stdout, r.Text(o.once))
	return err
}
