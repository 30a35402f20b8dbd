// Package lsp is a small editor without a screen: it talks with a language
// server on its standard streams, keeps the text of open files, and applies the
// fixes that the server offers.
package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// A Client is an editor with one folder open. Its methods may be used from one
// goroutine.
type Client struct {
	*conn
	cmd   *exec.Cmd
	in    io.Closer
	files map[string]*openFile // by absolute name

	told      sync.Mutex // what follows is shared with the reader
	settings  any
	published map[string]publication // by address
	changed   chan struct{}          // closed and replaced with each publication
}

type openFile struct {
	version int
	text    string
	dirty   bool // not saved
}

type publication struct {
	Version     int          `json:"version"`
	Diagnostics []Diagnostic `json:"diagnostics"`
}

// Start starts cmd, a language server, on the module in the folder cmd.Dir.
// Settings are what an editor's user has under "gopls". When ctx ends, so does
// the server. The caller must call [Client.Close].
func Start(ctx context.Context, cmd *exec.Cmd, settings any) (*Client, error) {
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &Client{
		conn: newConn(in), cmd: cmd, in: in, settings: settings,
		files: make(map[string]*openFile), published: make(map[string]publication), changed: make(chan struct{}),
	}
	go c.read(out, c.handle)
	root := URI(cmd.Dir)
	err = c.call(ctx, "initialize", object{
		"processId": os.Getpid(), "rootUri": root, "capabilities": capabilities, "initializationOptions": settings,
		"workspaceFolders": []object{{"uri": root, "name": filepath.Base(cmd.Dir)}},
	}, nil)
	if err == nil {
		err = c.notify("initialized", object{})
	}
	if err != nil {
		return nil, errors.Join(err, c.kill())
	}
	return c, nil
}

// handle answers the server. Nothing but settings and diagnostics matters here.
func (c *Client) handle(method string, params json.RawMessage) any {
	switch method {
	case "workspace/configuration":
		var p struct{ Items []any }
		if json.Unmarshal(params, &p) != nil {
			return nil
		}
		c.told.Lock()
		defer c.told.Unlock()
		return slices.Repeat([]any{c.settings}, len(p.Items))
	case "textDocument/publishDiagnostics":
		var p struct {
			URI string `json:"uri"`
			publication
		}
		if json.Unmarshal(params, &p) != nil {
			return nil
		}
		c.told.Lock()
		defer c.told.Unlock()
		c.published[p.URI] = p.publication
		close(c.changed)
		c.changed = make(chan struct{})
	}
	return nil
}

// Configure changes the settings. The server asks for them anew.
func (c *Client) Configure(settings any) error {
	c.told.Lock()
	c.settings = settings
	c.told.Unlock()
	return c.notify("workspace/didChangeConfiguration", object{"settings": object{}})
}

// Open opens a file as it is on disk.
func (c *Client) Open(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	c.files[file] = &openFile{version: 1, text: string(text)}
	return c.notify("textDocument/didOpen", object{"textDocument": textDocument{URI(file), "go", 1, string(text)}})
}

// Text returns the unsaved text of an open file.
func (c *Client) Text(file string) string {
	if f := c.files[file]; f != nil {
		return f.text
	}
	return ""
}

// Change replaces the text of an open file, and saves nothing.
func (c *Client) Change(file, text string) error {
	f := c.files[file]
	if f == nil {
		return fmt.Errorf("%s is not open", file)
	}
	f.version++
	f.text, f.dirty = text, true
	return c.notify("textDocument/didChange", object{
		"textDocument":   textDocument{URI: URI(file), Version: f.version},
		"contentChanges": []object{{"text": text}},
	})
}

// Save writes the open files that were changed to disk.
func (c *Client) Save() error {
	for _, file := range slices.Sorted(maps.Keys(c.files)) {
		f := c.files[file]
		if !f.dirty {
			continue
		}
		if err := os.WriteFile(file, []byte(f.text), 0o666); err != nil {
			return err
		}
		f.dirty = false
		if err := c.notify("textDocument/didSave", object{"textDocument": textDocument{URI: URI(file)}}); err != nil {
			return err
		}
	}
	return nil
}

// Wait returns the first diagnostics that the server publishes for the present
// text of an open file and that ok accepts; those that are there already count.
func (c *Client) Wait(ctx context.Context, file string, ok func([]Diagnostic) bool) ([]Diagnostic, error) {
	f := c.files[file]
	if f == nil {
		return nil, fmt.Errorf("%s is not open", file)
	}
	for {
		c.told.Lock()
		p, found := c.published[URI(file)]
		changed := c.changed
		c.told.Unlock()
		if found && p.Version == f.version && ok(p.Diagnostics) {
			return p.Diagnostics, nil
		}
		select {
		case <-changed:
		case <-c.done:
			return p.Diagnostics, c.err
		case <-ctx.Done():
			return p.Diagnostics, fmt.Errorf("%s: version %d of the file has no such diagnostics, but those of version %d: %d %v: %w", file, f.version, p.Version, len(p.Diagnostics), p.Diagnostics, ctx.Err())
		}
	}
}

// Pull asks for the diagnostics of an open file, and so waits until its package
// is analyzed. The server must have been told to support it.
func (c *Client) Pull(ctx context.Context, file string) ([]Diagnostic, error) {
	var report struct{ Items []Diagnostic }
	err := c.call(ctx, "textDocument/diagnostic", object{"textDocument": textDocument{URI: URI(file)}}, &report)
	return report.Items, err
}

// Fixes returns the quick fixes that the server offers for a diagnostic.
func (c *Client) Fixes(ctx context.Context, file string, d Diagnostic) ([]CodeAction, error) {
	var list []CodeAction
	err := c.call(ctx, "textDocument/codeAction", object{
		"textDocument": textDocument{URI: URI(file)},
		"range":        d.Range,
		"context":      object{"diagnostics": []Diagnostic{d}, "only": []string{"quickfix"}, "triggerKind": 1},
	}, &list)
	return slices.DeleteFunc(list, func(a CodeAction) bool {
		return a.Edit == nil || !slices.ContainsFunc(a.Diagnostics, func(o Diagnostic) bool {
			return o.Range == d.Range && o.Source == d.Source && o.Code == d.Code
		})
	}), err
}

// Apply makes the edits of an action in the open files, and opens others.
func (c *Client) Apply(a CodeAction) error {
	for _, change := range a.Edit.DocumentChanges {
		file, err := File(change.TextDocument.URI)
		if err != nil {
			return err
		}
		if c.files[file] == nil {
			if err := c.Open(file); err != nil {
				return err
			}
		}
		text, err := apply(c.files[file].text, change.Edits)
		if err != nil {
			return fmt.Errorf("fix %q of %s: %w", a.Title, file, err)
		}
		if err := c.Change(file, text); err != nil {
			return err
		}
	}
	return nil
}

// PID returns the process of the server.
func (c *Client) PID() int { return c.cmd.Process.Pid }

// Close ends the server in the way of the protocol. An error says that it did
// not end well.
func (c *Client) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	err := c.call(ctx, "shutdown", nil, nil)
	if err == nil {
		err = c.notify("exit", nil)
	}
	if err != nil {
		return errors.Join(err, c.kill())
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		return errors.Join(errors.New("the server does not end"), c.kill())
	}
	return errors.Join(c.in.Close(), c.cmd.Wait())
}

func (c *Client) kill() error {
	err := c.cmd.Process.Kill()
	<-c.done
	if wait := c.cmd.Wait(); err != nil {
		return errors.Join(err, wait)
	}
	return nil
}
