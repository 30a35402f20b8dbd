// Package build makes binaries of a user's program without writing into the
// user's tree: what is added or changed is given to the go command as an overlay.
package build

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// A Spec says what to build. Two equal specs give the same binary.
type Spec struct {
	Package string   // import path or pattern of exactly one main package
	Tags    []string // build tags
	LDFlags []string // joined into one -ldflags: a second one would replace the first
	GCFlags []string // each one -gcflags, such as "all=-d=checkptr"; of two with one pattern the last counts
	Env     []string // added to the environment of the builder, such as GOARCH=386
	Race    bool
	ASan    bool // address sanitizer

	// Overlay maps absolute paths, of files that need not exist, to what the
	// go command sees there instead. Files of a module in the module cache
	// cannot be replaced; the go command refuses.
	Overlay map[string][]byte
}

// key names the binary of s by all that goes into it, so that builders of two
// revisions of a program can share a folder.
func (b *Builder) key(s Spec) (string, error) {
	data, err := json.Marshal(struct { // the keys of a map are sorted
		Spec Spec
		Dir  string
		Env  []string
	}{s, b.dir, b.env})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8]), nil
}

// A Builder builds specs, each once, below one folder.
type Builder struct {
	out string
	dir string
	env []string

	mu   sync.Mutex
	done map[string]*result
}

// result is one build, under way or ended.
type result struct {
	once sync.Once
	path string
	err  error
}

// NewBuilder returns a builder that runs the go command in dir with the
// environment env, nil for that of this process. It puts the binary of each spec
// alone into a folder directly below out.
func NewBuilder(out, dir string, env []string) *Builder {
	return &Builder{out: out, dir: dir, env: env, done: make(map[string]*result)}
}

// An Error is a program that the go command could not build.
type Error struct {
	Package string
	Output  string // of the go command
	Err     error
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s does not build: %v\n%s", e.Package, e.Err, strings.TrimRight(e.Output, "\n"))
}

func (e *Error) Unwrap() error { return e.Err }

// Build returns the path of the binary of s, built now or before. A failed build
// is an *[Error]; it is kept too, since the same spec would fail again, but a
// cancelled one is tried anew.
func (b *Builder) Build(ctx context.Context, s Spec) (string, error) {
	key, err := b.key(s)
	if err != nil {
		return "", err
	}
	b.mu.Lock()
	r := b.done[key]
	if r == nil {
		r = new(result)
		b.done[key] = r
	}
	b.mu.Unlock()
	r.once.Do(func() { r.path, r.err = b.build(ctx, key, s) })
	if r.err != nil && ctx.Err() != nil {
		b.mu.Lock()
		delete(b.done, key)
		b.mu.Unlock()
	}
	return r.path, r.err
}

func (b *Builder) build(ctx context.Context, key string, s Spec) (string, error) {
	folder := filepath.Join(b.out, key)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	binary := filepath.Join(folder, binaryName(s.Package))
	// No version control: its state in the binary is no use here, and asking for
	// it fails in a checkout that belongs to another user.
	args := []string{"build", "-buildvcs=false", "-o", binary}
	if len(s.Overlay) > 0 {
		file, err := writeOverlay(filepath.Join(folder, "overlay"), s.Overlay)
		if err != nil {
			return "", err
		}
		args = append(args, "-overlay", file)
	}
	if s.Race {
		// Frames of reports have the paths of files, whatever GOFLAGS says.
		args = append(args, "-race", "-trimpath=false")
	}
	if s.ASan {
		args = append(args, "-asan")
	}
	for _, f := range s.GCFlags {
		args = append(args, "-gcflags="+f)
	}
	if len(s.Tags) > 0 {
		args = append(args, "-tags", strings.Join(s.Tags, ","))
	}
	if len(s.LDFlags) > 0 {
		args = append(args, "-ldflags", strings.Join(s.LDFlags, " "))
	}
	cmd := goCommand(ctx, b.dir, extended(b.env, s.Env), append(args, "--", s.Package)...)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return "", fmt.Errorf("build of %s: %w", s.Package, context.Cause(ctx))
		}
		return "", &Error{Package: s.Package, Output: output.String(), Err: err}
	}
	return binary, nil
}

// goCommand returns the go command with args, to be run in dir with env, nil for
// the environment of this process.
func goCommand(ctx context.Context, dir string, env []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	if env != nil {
		// PWD keeps the go command's idea of the folder when a link leads to it.
		cmd.Env = append(env[:len(env):len(env)], "PWD="+dir)
	}
	// The go command removes its own temporary folder and ends its compilers
	// when it is interrupted, not when it is killed.
	endGently(cmd)
	return cmd
}

// extended returns env, nil for the environment of this process, and more.
func extended(env, more []string) []string {
	if len(more) == 0 {
		return env
	}
	if env == nil {
		env = os.Environ()
	}
	return append(env[:len(env):len(env)], more...)
}

// binaryName is the name that the program has when go install builds it, so that
// a program which looks at its own name sees a familiar one.
func binaryName(pkg string) string {
	name := path.Base(filepath.ToSlash(pkg))
	if name == "." || name == ".." || name == "/" {
		return "main"
	}
	return name
}

// writeOverlay writes the contents and the index of an overlay into folder and
// returns the path of the index.
func writeOverlay(folder string, overlay map[string][]byte) (string, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	index := struct{ Replace map[string]string }{make(map[string]string)}
	for target, content := range overlay {
		// The name keeps its ending: cgo refuses a replacement without .go.
		name := strconv.Itoa(len(index.Replace)) + "-" + filepath.Base(target)
		replacement := filepath.Join(folder, name)
		if err := os.WriteFile(replacement, content, 0o600); err != nil {
			return "", err
		}
		index.Replace[target] = replacement
	}
	data, err := json.Marshal(index)
	if err != nil {
		return "", err
	}
	file := filepath.Join(folder, "overlay.json")
	return file, os.WriteFile(file, data, 0o600)
}
