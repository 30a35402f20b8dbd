package confirm

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// A Scenario says how a program is run: what it needs, when it serves, what it is
// asked meanwhile and how it is told to reload and to replace itself. The zero
// value is a server that is told nothing; [Scenario.Defaults] fills in what is
// usual.
//
// In args, env and files, $WORK stands for the program's working folder.
type Scenario struct {
	Args  []string          `yaml:"args"`
	Env   map[string]string `yaml:"env"`
	Files map[string]string `yaml:"files"` // contents by path below the working folder, placed before the start

	// Ends says that the program is not a server: it does its work and exits. It
	// is sent nothing.
	Ends    bool      `yaml:"ends"`
	Ready   Ready     `yaml:"ready"`
	Load    []Request `yaml:"load"`
	Count   int       `yaml:"requests"` // of each request before, and again after every change
	Reload  []Step    `yaml:"reload"`   // taken one after the other, for one reload
	Reloads int       `yaml:"reloads"`  // how often
	Restart []Step    `yaml:"restart"`
	Stop    string    `yaml:"stop"` // signal that asks the program to end
	Runs    int       `yaml:"runs"` // how often each build of the program is run
	Limits  Limits    `yaml:"limits"`
}

// Ready says when the program serves. All that is set must hold; with nothing set,
// it serves when it listens anywhere.
type Ready struct {
	Address string `yaml:"address"` // HOST:PORT or the path of a unix socket that accepts connections
	URL     string `yaml:"url"`     // answers with a status below 400
	Log     string `yaml:"log"`     // regular expression for a line of its output
	File    string `yaml:"file"`    // exists, below the working folder
}

// A Request is sent to a URL, or as a path to every address that the program
// listens on.
type Request struct {
	URL         string `yaml:"url"`
	Method      string `yaml:"method"` // GET if empty
	Body        string `yaml:"body"`
	Concurrency int    `yaml:"concurrency"` // how many are under way at once
}

// A Step changes the program: exactly one of Signal, URL and Write is set.
type Step struct {
	Signal string `yaml:"signal"`
	URL    string `yaml:"url"`
	Method string `yaml:"method"` // POST if empty
	Body   string `yaml:"body"`
	// Write has the contents that files below the working folder get, by path. Of
	// several contents, each reload takes the next, and then the first again.
	Write map[string][]string `yaml:"write"`
	// Wait is how long to wait after the step, for what the program does on its own
	// time. Empty: 300ms.
	Wait Duration `yaml:"wait"`
}

// Limits bound a run in time and space.
type Limits struct {
	Build Duration `yaml:"build"`
	Ready Duration `yaml:"ready"`
	Step  Duration `yaml:"step"` // of each later step: reload, restart, serve again, stop
	Run   Duration `yaml:"run"`  // of one whole run, or of a program that ends by itself
	File  int64    `yaml:"file"` // bytes, the largest file that the program may write
}

// Duration is a time.Duration written as 1m30s.
type Duration time.Duration

// UnmarshalYAML implements yaml.NodeUnmarshaler.
func (d *Duration) UnmarshalYAML(node ast.Node) error {
	var text string
	err := yaml.NodeToValue(node, &text)
	v, parseErr := time.ParseDuration(text)
	switch {
	case err != nil || parseErr != nil:
		return &yaml.SyntaxError{Message: fmt.Sprintf("%q is no time: write a number with its unit, such as 300ms, 15s or 1m30s", node), Token: node.GetToken()}
	case v <= 0:
		return &yaml.SyntaxError{Message: fmt.Sprintf("%v is not a time to wait", v), Token: node.GetToken()}
	}
	*d = Duration(v)
	return nil
}

// maxScenario is the largest scenario file that is read, in bytes.
const maxScenario = 4 << 20

// ReadScenario reads a YAML file. It refuses keys that it does not know.
func ReadScenario(path string) (*Scenario, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxScenario {
		return nil, fmt.Errorf("%s is no scenario: it is not a regular file of at most %d bytes", path, maxScenario)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(data) || bytes.ContainsRune(data, 0) {
		return nil, fmt.Errorf("%s is no scenario: it is not text", path)
	}
	// A number that is written is told from one that is left out.
	s := &Scenario{Count: leftOut, Reloads: leftOut, Runs: leftOut, Limits: Limits{File: leftOut}}
	if err := yaml.UnmarshalWithOptions(data, s, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("%s: %s", path, strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	if err := s.numbers(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

const leftOut = math.MinInt32

// numbers refuses a 0 that is written, which does not mean the default, and makes
// 0 of what is left out, which does.
func (s *Scenario) numbers() error {
	file := int(s.Limits.File)
	for _, n := range []struct {
		key string
		n   *int
	}{{"requests", &s.Count}, {"reloads", &s.Reloads}, {"runs", &s.Runs}, {"limits: file", &file}} {
		switch *n.n {
		case 0:
			return fmt.Errorf("%s: 0 is too few: leave it out for what is usual", n.key)
		case leftOut:
			*n.n = 0
		}
	}
	s.Limits.File = int64(file)
	return nil
}

// Defaults sets what is not set. reload and restart are the signals on which the
// program is known to reload and to replace itself, empty when there is none.
func (s *Scenario) Defaults(reload, restart string) {
	if len(s.Load) == 0 {
		s.Load = []Request{{URL: "/", Concurrency: 4}}
	}
	if s.Count == 0 {
		s.Count = 20
	}
	if len(s.Reload) == 0 && reload != "" {
		s.Reload = []Step{{Signal: reload}}
	}
	if s.Reloads == 0 {
		s.Reloads = 3
	}
	if len(s.Restart) == 0 && restart != "" {
		s.Restart = []Step{{Signal: restart}}
	}
	if s.Stop == "" {
		s.Stop = "TERM"
	}
	s.Runs = max(1, s.Runs)
	for _, limit := range []struct {
		d     *Duration
		value time.Duration
	}{
		{&s.Limits.Build, 20 * time.Minute},
		{&s.Limits.Ready, 15 * time.Second},
		{&s.Limits.Step, 15 * time.Second},
		{&s.Limits.Run, 5 * time.Minute},
	} {
		if *limit.d == 0 {
			*limit.d = Duration(limit.value)
		}
	}
	if s.Limits.File == 0 {
		s.Limits.File = 1 << 30
	}
}

// signal returns the signal of a validated name.
func signal(name string) syscall.Signal {
	sig, err := ParseSignal(name)
	if err != nil {
		panic(err)
	}
	return sig
}
