package drivers

import (
	"errors"
	"fmt"
	"go/scanner"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Corpus is a module with one folder for each analyzer, whose programs say in
// want comments what is to be found.
type Corpus struct {
	Dir       string // a copy that may be written to
	Analyzers []string
	Wants     []Want
	files     map[string]string // what the copy was made of, by name
}

// A Want is an expectation as analysistest has it: a finding of the folder's
// analyzer on a line, whose message matches.
type Want struct {
	File    string // relative to the corpus, with slashes
	Line    int
	Message *regexp.Regexp
}

// Analyzer returns the analyzer that the folder of the file is named after.
func (w Want) Analyzer() string { return folderOf(w.File) }

func folderOf(file string) string {
	name, _, _ := strings.Cut(file, "/")
	return name
}

// CopyCorpus copies the module in the folder from to the folder to, which must
// not exist, and reads its expectations.
func CopyCorpus(from, to string) (*Corpus, error) {
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return nil, err
	}
	// Tools tell positions in the folder's real name.
	to, err := filepath.EvalSymlinks(to)
	if err != nil {
		return nil, err
	}
	c := &Corpus{Dir: to}
	if c.files, err = c.read(); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(c.files)) {
		if analyzer, _, ok := strings.Cut(name, "/hazard/"); ok && !slices.Contains(c.Analyzers, analyzer) {
			c.Analyzers = append(c.Analyzers, analyzer)
		}
		if strings.HasSuffix(name, ".go") {
			wants, err := wantsOf(name, []byte(c.files[name]))
			if err != nil {
				return nil, err
			}
			c.Wants = append(c.Wants, wants...)
		}
	}
	return c, nil
}

// read returns the text of all files of the copy.
func (c *Corpus) read() (map[string]string, error) {
	files := make(map[string]string)
	root := os.DirFS(c.Dir)
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(root, name)
		files[name] = string(data)
		return err
	})
	return files, err
}

// Restore returns what was made of the files since they were copied, by name,
// and takes it back. A file that is gone is empty in the result.
func (c *Corpus) Restore() (changed map[string]string, err error) {
	now, err := c.read()
	if err != nil {
		return nil, err
	}
	changed = make(map[string]string)
	for name, text := range now {
		was, ok := c.files[name]
		switch {
		case !ok:
			changed[name] = text
			err = errors.Join(err, os.Remove(filepath.Join(c.Dir, name)))
		case was != text:
			changed[name] = text
			err = errors.Join(err, os.WriteFile(filepath.Join(c.Dir, name), []byte(was), 0o666))
		}
	}
	for name, was := range c.files {
		if _, ok := now[name]; !ok {
			changed[name] = ""
			err = errors.Join(err, os.WriteFile(filepath.Join(c.Dir, name), []byte(was), 0o666))
		}
	}
	return changed, err
}

// wantsOf reads the want comments of a file. They speak of their line, and may
// stand in another comment.
func wantsOf(name string, src []byte) ([]Want, error) {
	var (
		list []Want
		s    scanner.Scanner
		file = token.NewFileSet().AddFile(name, -1, len(src))
	)
	s.Init(file, src, nil, scanner.ScanComments)
	for {
		pos, tok, text := s.Scan()
		if tok == token.EOF {
			return list, nil
		}
		if tok != token.COMMENT {
			continue
		}
		_, text, ok := strings.Cut(text, "// want ")
		if !ok {
			continue
		}
		messages, err := expectations(text)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, file.Line(pos), err)
		}
		for _, re := range messages {
			list = append(list, Want{name, file.Line(pos), re})
		}
	}
}

// factName begins an expectation of a fact, which no driver shows.
var factName = regexp.MustCompile(`^\w+:`)

// expectations reads quoted expressions: of messages, and of facts behind the
// name of an object.
func expectations(text string) (messages []*regexp.Regexp, err error) {
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		fact := factName.FindString(text)
		text = text[len(fact):]
		quoted, err := strconv.QuotedPrefix(text)
		if err != nil {
			return nil, fmt.Errorf("want has no quoted expression: %q", text)
		}
		text = text[len(quoted):]
		pattern, err := strconv.Unquote(quoted)
		if err != nil {
			return nil, fmt.Errorf("want %s: %w", quoted, err)
		}
		re, err := regexp.Compile(pattern)
		if err != nil {
			return nil, fmt.Errorf("want %s: %w", quoted, err)
		}
		if fact == "" {
			messages = append(messages, re)
		}
	}
	return messages, nil
}
