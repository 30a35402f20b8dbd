package confirm

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
)

// minFile is the smallest limit of a file's size under which the probe can keep its
// own counters, in bytes.
const minFile = 4 << 20

// Validate reports what cannot be done.
func (s *Scenario) Validate() error {
	for name := range s.Files {
		if err := checkName(name); err != nil {
			return fmt.Errorf("files: %w", err)
		}
	}
	for name := range s.Env {
		if name == "" || strings.ContainsAny(name, "=\x00") {
			return fmt.Errorf("env: %q is no name of a variable", name)
		}
	}
	for _, r := range s.Load {
		if err := checkRequest(r.URL, r.Method); err != nil {
			return fmt.Errorf("load: %w", err)
		}
		if r.Concurrency < 0 || r.Concurrency > 1000 {
			return fmt.Errorf("load: concurrency %d is not between 0 and 1000", r.Concurrency)
		}
	}
	for name, steps := range map[string][]Step{"reload": s.Reload, "restart": s.Restart} {
		for _, step := range steps {
			if err := step.validate(); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	if s.Stop != "" {
		if _, err := ParseSignal(s.Stop); err != nil {
			return fmt.Errorf("stop: %w", err)
		}
	}
	switch {
	case s.Count < 0 || s.Reloads < 0 || s.Runs < 0 || s.Limits.File < 0:
		return errors.New("requests, reloads, runs and file must not be negative")
	case s.Limits.File > 0 && s.Limits.File < minFile:
		return fmt.Errorf("limits: file %d is less than the %d bytes that hotvet's own probe writes", s.Limits.File, minFile)
	case s.Ends && (len(s.Reload) > 0 || len(s.Restart) > 0):
		return errors.New("a program that ends by itself is not told to reload or to restart")
	}
	if err := s.Ready.validate(); err != nil {
		return fmt.Errorf("ready: %w", err)
	}
	return nil
}

func (r *Ready) validate() error {
	if r.File != "" {
		if err := checkName(r.File); err != nil {
			return err
		}
	}
	if _, err := regexp.Compile(r.Log); err != nil {
		return fmt.Errorf("log: %w", err)
	}
	if r.URL != "" {
		if err := checkURL(r.URL); err != nil {
			return err
		}
	}
	if r.Address == "" || filepath.IsAbs(r.Address) || strings.HasPrefix(r.Address, "$WORK/") {
		return nil
	}
	host, port, err := net.SplitHostPort(r.Address)
	if err != nil || port == "" || !isLoopback(host) {
		return fmt.Errorf("address %q is neither a port of this machine, as 127.0.0.1:8080, nor the path of a unix socket, as $WORK/app.sock", r.Address)
	}
	return nil
}

func (s *Step) validate() error {
	set := 0
	for _, is := range []bool{s.Signal != "", s.URL != "", len(s.Write) > 0} {
		if is {
			set++
		}
	}
	if set != 1 {
		return errors.New("a step has exactly one of signal, url and write")
	}
	if s.Signal != "" {
		if _, err := ParseSignal(s.Signal); err != nil {
			return err
		}
	}
	if s.URL != "" {
		if err := checkRequest(s.URL, s.Method); err != nil {
			return err
		}
	}
	for name, contents := range s.Write {
		if err := checkName(name); err != nil {
			return fmt.Errorf("write: %w", err)
		}
		if len(contents) == 0 {
			return fmt.Errorf("write: %s has no contents", name)
		}
	}
	return nil
}

// checkName refuses the name of a file that is not below the working folder.
func checkName(name string) error {
	switch {
	case strings.Contains(name, "$WORK"):
		return fmt.Errorf("%s: paths are below $WORK already, write them without it", name)
	case !filepath.IsLocal(name) || filepath.Clean(name) == ".":
		return fmt.Errorf("%s is not below the working folder", name)
	}
	return nil
}

// checkRequest refuses a request that cannot be made, or would leave this machine.
func checkRequest(address, method string) error {
	if err := checkURL(address); err != nil {
		return err
	}
	if _, err := http.NewRequest(method, "http://localhost", http.NoBody); err != nil {
		return fmt.Errorf("method %q is none of HTTP", method)
	}
	return nil
}

// checkURL refuses what would lead to another machine.
func checkURL(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return err
	case u.Host == "" && !strings.HasPrefix(s, "/"):
		return fmt.Errorf("url %q is neither /path nor http://HOST:PORT/path", s)
	case u.Host != "" && (u.Scheme != "http" || !isLoopback(u.Hostname()) || u.Port() == ""):
		return fmt.Errorf("url %q is not http on a port of this machine: servers are run on a loopback address", s)
	}
	return nil
}
