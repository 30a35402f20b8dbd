package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotvet/hotvet/integration/confirm"
)

// A row is what came out of one experiment.
type row struct {
	category, side, program string
	runs, findings          int
	tally                   confirm.Tally
	digest                  string // of the program's files
	problem                 error  // why it could not be run
}

// right reports whether every run of every finding was as it must be.
func (r row) right() bool {
	want := r.runs * r.findings
	if want == 0 {
		return false
	}
	switch r.side {
	case "hazard":
		return r.tally.Confirmed == want
	case control:
		return r.tally.Confirmed == 0
	}
	return r.tally.Refuted == want
}

func (r row) String() string {
	if r.problem != nil {
		return fmt.Sprintf("WRONG %-20s %s/%s: %v", r.category, r.side, r.program, r.problem)
	}
	mark := "ok   "
	if !r.right() {
		mark = "WRONG"
	}
	return fmt.Sprintf("%s %-20s %s/%s: %d confirmed, %d refuted, %d unreached", mark,
		r.category, r.side, r.program, r.tally.Confirmed, r.tally.Refuted, r.tally.Unreached)
}

const header = "category\tside\tprogram\truns\tfindings\tconfirmed\trefuted\tunreached\tdigest"

func (r row) line() string {
	return fmt.Sprintf("%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%s", r.category, r.side, r.program, r.runs, r.findings,
		r.tally.Confirmed, r.tally.Refuted, r.tally.Unreached, r.digest)
}

// key names the experiment.
func (r row) key() string { return r.category + " " + r.side + "/" + r.program }

// tables are the files with the results.
func tables(root string) (tsv, markdown string) {
	return filepath.Join(root, "testdata", "experiments.tsv"), filepath.Join(root, "testdata", "experiments.md")
}

// readRows reads the results; a file that is missing has none.
func readRows(path string) ([]row, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []row
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		if n == 1 && lines.Text() == header {
			continue
		}
		var r row
		_, err := fmt.Sscan(lines.Text(), &r.category, &r.side, &r.program, &r.runs, &r.findings,
			&r.tally.Confirmed, &r.tally.Refuted, &r.tally.Unreached, &r.digest)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
		list = append(list, r)
	}
	return list, lines.Err()
}

// writeTables puts results into the tables, in the place of older ones. Those of
// experiments that there are no more are dropped.
func writeTables(root string, c *corpus, results []row) error {
	tsv, markdown := tables(root)
	old, err := readRows(tsv)
	if err != nil {
		return err
	}
	byKey := make(map[string]row)
	for _, r := range slices.Concat(old, results) {
		if r.problem == nil {
			byKey[r.key()] = r
		}
	}
	var list []row
	for _, e := range c.experiments {
		if r, ok := byKey[e.name()]; ok && !slices.Contains(confirm.Skipped(), e.category) {
			list = append(list, r)
		}
	}
	var b strings.Builder
	fmt.Fprintln(&b, header)
	for _, r := range list {
		fmt.Fprintln(&b, r.line())
	}
	if err := os.WriteFile(tsv, []byte(b.String()), 0o666); err != nil {
		return err
	}
	return os.WriteFile(markdown, []byte(render(list)), 0o666)
}

// render returns the table by kind.
func render(list []row) string {
	type sum struct{ programs, want, got int }
	sums := make(map[string]*[2]sum)
	var controls sum
	for _, r := range list {
		if r.side == control {
			controls.programs++
			controls.want += r.runs * r.findings
			controls.got += r.tally.Confirmed
			continue
		}
		s := sums[r.category]
		if s == nil {
			s = new([2]sum)
			sums[r.category] = s
		}
		side, got := 0, r.tally.Confirmed
		if r.side == "safe" {
			side, got = 1, r.tally.Refuted
		}
		s[side].programs++
		s[side].want += r.runs * r.findings
		s[side].got += got
	}
	var b strings.Builder
	b.WriteString("# Experiments\n\nMade by `go run ./integration/experiments -runs N -write`; do not edit. A count is of runs of a\n" +
		"finding, over all programs of a kind in testdata/hazards. experiments.tsv has every program.\n\n" +
		"| kind | oracle | programs | hazard confirmed | twin refuted |\n|---|---|---:|---:|---:|\n")
	for _, category := range confirm.Kinds() {
		s := sums[category]
		if s == nil {
			s = new([2]sum)
		}
		fmt.Fprintf(&b, "| %s | %s | %d + %d | %d/%d | %d/%d |\n", category, confirm.Oracle(category),
			s[0].programs, s[1].programs, s[0].got, s[0].want, s[1].got, s[1].want)
	}
	fmt.Fprintf(&b, "\nControls, safe programs on which every kind of their analyzer is forced: %d programs, %d of %d verdicts confirmed.\n",
		controls.programs, controls.got, controls.want)
	if skipped := confirm.Skipped(); len(skipped) > 0 {
		b.WriteString("\nWithout an experiment:\n\n")
		for _, category := range skipped {
			fmt.Fprintf(&b, "- %s: %s\n", category, confirm.Oracle(category))
		}
	}
	return b.String()
}

// digest returns a hash over the files of a program, and of the packages that all
// programs of its analyzer share.
func (c *corpus) digest(e *experiment) (string, error) {
	hash := sha256.New()
	for _, folder := range []string{e.folder(), filepath.Join(e.analyzer, "internal")} {
		err := filepath.WalkDir(filepath.Join(c.dir, folder), func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			fmt.Fprintf(hash, "%s %d\n", filepath.Base(path), len(data))
			hash.Write(data)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(hash.Sum(nil))[:12], nil
}
