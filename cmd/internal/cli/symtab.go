package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/symplot"
)

// symtabOptions are the flags of symtab.
type symtabOptions struct {
	files     []string // [OLD] NEW
	format    string
	out       string // empty: stdout
	addresses string // file, - for stdin, empty for none
	maxWrong  float64
	top       int
}

var symtabFormats = []string{"text", "json", "html"}

const symtabAbout = `With one Go binary: whether its Go line table (.gopclntab, which names the functions in
stack traces and profiles) and its ELF symbols agree address by address, which tables
strip or -ldflags="-s -w" removed, and what does not work without them.

With two: which functions of OLD moved, and how many of its code addresses are another
function in NEW. That is what a stack trace or profile of OLD is worth when NEW names
it. With -addresses it says so for each address of a record: a pprof file, Go stack
traces (of a panic, SIGQUIT or /debug/pprof/goroutine, other text around them does not
matter, nor what a log puts before each line), what perf script prints, or hexadecimal
addresses. Stack traces are found by function and offset, so that they may come from a
position-independent OLD; a list has to be of addresses as in the file.

The form json is one object, {"symtab": {...}}: old and new say what is in each file,
rows say pass, fail or unknown as those of the gate do (addresses that mislead are
unknown until -max-wrong says how many are too many), moves and packages count functions
and bytes of code, addresses has the record. Addresses are hexadecimal strings. It is
not a stream, and nothing is decided. The form html is one file with plots that needs
no network.

The exit status is 0 when the tables agree, also of a stripped file, whose one table
agrees with nothing; 3 when they disagree or more addresses mislead than -max-wrong
allows; 1 when a file cannot be read, the two are for different machines, no address
of the record is in OLD, or -max-wrong is given and some of them contradict OLD.
`

func (inv *invocation) parseSymtab(args []string) (*symtabOptions, error) {
	opt := new(symtabOptions)
	fs := inv.flags("symtab", "[flags] [OLD] NEW", symtabAbout)
	fs.StringVar(&opt.format, "format", "text", "`form` of the report: "+strings.Join(symtabFormats, ", "))
	fs.StringVar(&opt.out, "o", "", "write the report to `file` instead of standard output")
	fs.StringVar(&opt.addresses, "addresses", "", "say what NEW calls the addresses of OLD in `file`, - for standard input")
	fs.Float64Var(&opt.maxWrong, "max-wrong", -1, "fail when more than `percent` of OLD's code addresses, or of those of -addresses, are another function or none in NEW; negative: never")
	fs.IntVar(&opt.top, "top", 20, "packages to list, `number`, in text and html")
	var err error
	if opt.files, err = parseAnywhere(fs, args); err != nil {
		return nil, err
	}
	pair := "hotvet symtab OLD NEW"
	switch {
	case len(opt.files) == 0:
		return nil, usageError(pair, "no binary to look at")
	case len(opt.files) > 2:
		return nil, usageError(pair, "two binaries at most, not also %q", opt.files[2])
	case !slices.Contains(symtabFormats, opt.format):
		return nil, usageError("formats are "+strings.Join(symtabFormats, ", "), "unknown format %q", opt.format)
	case opt.addresses != "" && len(opt.files) < 2:
		return nil, usageError(pair, "-addresses needs two binaries: the one that ran and the one to name its addresses")
	case opt.maxWrong >= 0 && len(opt.files) < 2:
		return nil, usageError(pair, "-max-wrong needs two binaries")
	case !(opt.maxWrong <= 100):
		return nil, usageError("", "-max-wrong %v: not a percentage", opt.maxWrong)
	case opt.top < 0:
		return nil, usageError("", "-top %d: less than none", opt.top)
	}
	return opt, nil
}

// symtab reports on the symbols of one binary, or on what moved between two.
func (inv *invocation) symtab(args []string) error {
	opt, err := inv.parseSymtab(args)
	if err != nil {
		return err
	}
	bar := inv.progress()
	bar.show(&finding.Progress{Message: "reading " + strings.Join(opt.files, " and ")})
	r, err := inv.makeSymtab(opt)
	bar.done()
	if err != nil {
		return err
	}
	r.Version = Version()
	if err := inv.writeSymtab(opt, r); err != nil {
		return err
	}
	switch {
	case r.Failed():
		return errFindings
	case opt.maxWrong >= 0 && r.Unjudged():
		return fmt.Errorf("cannot hold %s against -max-wrong: a part of it is not of %s", opt.addresses, opt.files[0])
	}
	return nil
}

func (inv *invocation) makeSymtab(opt *symtabOptions) (*symplot.Report, error) {
	o := symplot.Options{New: opt.files[len(opt.files)-1], MaxWrong: opt.maxWrong / 100}
	if len(opt.files) == 2 {
		o.Old = opt.files[0]
	}
	if opt.addresses != "" {
		var err error
		if o.Record, err = inv.readRecord(opt.addresses); err != nil {
			return nil, err
		}
	}
	return symplot.Make(o)
}

func (inv *invocation) readRecord(name string) (*symplot.Record, error) {
	if name == "-" {
		return symplot.ReadRecord("standard input", inv.stdin)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return symplot.ReadRecord(name, file)
}

func (inv *invocation) writeSymtab(opt *symtabOptions, r *symplot.Report) error {
	var buf bytes.Buffer
	var err error
	switch opt.format {
	case "json":
		err = r.WriteJSON(&buf)
	case "html":
		err = r.WriteHTML(&buf, opt.top)
	default:
		err = r.WriteText(&buf, opt.top)
	}
	if err != nil {
		return err
	}
	// Have: a whole report. Nothing is written of one that cannot be made.
	if opt.out == "" {
		_, err = io.Copy(inv.stdout, &buf)
		return err
	}
	for _, name := range append(opt.files, opt.addresses) {
		if info, err := os.Stat(name); err == nil && sameAs(info, opt.out) {
			return usageError("", "-o %s: would replace what is read", opt.out)
		}
	}
	if err := os.WriteFile(opt.out, buf.Bytes(), 0o666); err != nil {
		return fmt.Errorf("cannot write the report: %w", err)
	}
	return nil
}

func sameAs(info os.FileInfo, name string) bool {
	other, err := os.Stat(name)
	return err == nil && os.SameFile(info, other)
}
