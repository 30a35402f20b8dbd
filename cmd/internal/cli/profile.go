package cli

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"

	pprof "github.com/google/pprof/profile"

	"github.com/hotvet/hotvet/integration/profile"
	"github.com/hotvet/hotvet/integration/watch/diffview"
)

const profileAbout = `Compares two profiles of the same kind, as /debug/pprof and runtime/pprof write
them: CPU, heap, goroutines and so on. A is the one before, B the one after.

The table has the functions whose own share changed most, before and after, in
percent; "cum" counts also what they called. "stacks in common" is the Jaccard
similarity of the sets of stacks, 1 for the same; "hot spots moved" is half the sum
of all changes of the own shares, 0 for the same. Two samples of the same differ too,
the more the fewer samples there are: "of what chance leaves" and "beyond chance" have
taken out what is to be expected of that. Functions are matched by name, so that two
builds of a program can be compared.

The form html is one file that needs no network: bar chart, flame graph of the
difference and table. The exit status is 1 when a profile cannot be read or the two
are not of one kind, else 0.
`

// profile has one verb, diff.
func (inv *invocation) profile(args []string) error {
	if len(args) == 0 || args[0] != "diff" && !slices.Contains([]string{"-h", "-help", "--help"}, args[0]) {
		return usageError("hotvet profile diff A B", "profile needs the word diff and two profiles")
	}
	if args[0] == "diff" {
		args = args[1:]
	}
	fs := inv.flags("profile diff", "[flags] A B", profileAbout)
	format := fs.String("format", "text", "`form` of the answer: "+strings.Join(diffview.Formats(), ", "))
	out := fs.String("o", "", "write to `file` instead of standard output")
	top := fs.Int("top", 30, "show `N` functions in text and json, 0: all")
	files, err := parseAnywhere(fs, args)
	switch {
	case err != nil:
		return err
	case len(files) != 2:
		return usageError("hotvet profile diff A B", "profile diff takes two profiles, not %d", len(files))
	case !slices.Contains(diffview.Formats(), *format):
		return usageError("formats are "+strings.Join(diffview.Formats(), ", "), "unknown format %q", *format)
	case *top < 0:
		return usageError("", "-top %d: less than none", *top)
	}
	view, err := compareProfiles(files[0], files[1])
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	if err := view.Write(&buf, *format, *top); err != nil {
		return err
	}
	// Have: a whole answer. Nothing is written of one that cannot be made.
	if *out == "" {
		_, err := inv.stdout.Write(buf.Bytes())
		return err
	}
	if err := spare(files, *out); err != nil {
		return err
	}
	return os.WriteFile(*out, buf.Bytes(), 0o666)
}

// spare refuses an output that would replace one of the files that were read.
func spare(files []string, out string) error {
	for _, name := range files {
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		same := sameFile(file, out)
		file.Close()
		if same {
			return usageError("", "-o %s: would replace a profile", out)
		}
	}
	return nil
}

func compareProfiles(nameA, nameB string) (*diffview.View, error) {
	a, err := readProfile(nameA)
	if err != nil {
		return nil, err
	}
	b, err := readProfile(nameB)
	if err != nil {
		return nil, err
	}
	return diffview.New(nameA, nameB, a, b)
}

func readProfile(name string) (*pprof.Profile, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	// A device or a pipe could go on for ever; a folder has no bytes.
	if info, err := file.Stat(); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s: a folder, not a profile", name)
	}
	p, err := profile.Read(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}
