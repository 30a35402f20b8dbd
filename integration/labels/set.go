package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// classAnalyzers are the analyzers whose findings count for a class.
var classAnalyzers = map[string][]string{
	"A": {"cgoexport"},
	"B": {"structcast"},
	"C": {"profilestop"},
	"D": {"configswap"},
	"E": {"execcleanup", "signalgap", "selfpath"},
	"F": {"dlreload"},
	"G": {"gcbarrier"},
	"H": {"codepatch"},
	"I": {"addrpersist"},
	"J": {"fdinherit"},
}

// label is one judged line.
type label struct {
	Class   string `json:"class"`
	Hazard  bool   `json:"hazard"`
	Module  string `json:"module"`
	Version string `json:"version"`
	File    string `json:"file"` // slash-separated, within the module
	Line    int    `json:"line"`
	Text    string `json:"text"` // the line without outer blanks
	Reason  string `json:"reason"`
}

func (l label) String() string {
	return fmt.Sprintf("%s@%s %s:%d", l.Module, l.Version, l.File, l.Line)
}

const setHeader = "class\tlabel\tmodule\tversion\tfile\tline\ttext\treason"

func readSet(file, classes string) ([]label, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	labels, err := parseSet(string(data), classes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return labels, nil
}

// parseSet returns the labels of the given classes. A class that none of them
// has is an error, so that a misspelt flag does not give a perfect score.
func parseSet(text, classes string) ([]label, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if lines[0] != setHeader {
		return nil, fmt.Errorf("line 1: the header is not %q", setHeader)
	}
	var labels []label
	for i, line := range lines[1:] {
		l, err := parseLabel(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+2, err)
		}
		if strings.Contains(classes, l.Class) {
			labels = append(labels, l)
		}
	}
	if len(labels) == 0 {
		return nil, fmt.Errorf("no label of classes %s", classes)
	}
	return labels, nil
}

func parseLabel(line string) (label, error) {
	cells := strings.Split(line, "\t")
	if n := len(strings.Split(setHeader, "\t")); len(cells) != n {
		return label{}, fmt.Errorf("%d cells, want %d", len(cells), n)
	}
	l := label{
		Class:   cells[0],
		Hazard:  cells[1] == "hazard",
		Module:  cells[2],
		Version: cells[3],
		File:    cells[4],
		Text:    cells[6],
		Reason:  cells[7],
	}
	if classAnalyzers[l.Class] == nil {
		return label{}, fmt.Errorf("unknown class %q", l.Class)
	}
	if !l.Hazard && cells[1] != "safe" {
		return label{}, fmt.Errorf("label is %q, want hazard or safe", cells[1])
	}
	var err error
	if l.Line, err = strconv.Atoi(cells[5]); err != nil || l.Line < 1 {
		return label{}, fmt.Errorf("%q is not a line number", cells[5])
	}
	return l, nil
}
