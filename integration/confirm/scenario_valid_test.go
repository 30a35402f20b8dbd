package confirm

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadScenario refuses what would leave the machine or the folder, and what does
// not mean what it says.
func TestReadScenario(t *testing.T) {
	for text, want := range map[string]string{
		`ready: {address: "example.com:80"}`:                     "ready: address \"example.com:80\" is neither a port of this machine",
		`ready: {address: "192.0.2.1:80"}`:                       "ready: address",
		`ready: {address: ":80"}`:                                "ready: address",
		`ready: {address: "127.0.0.1:80"}`:                       "",
		`ready: {address: "[::1]:80"}`:                           "",
		`ready: {address: $WORK/app.sock}`:                       "",
		`ready: {address: app.sock}`:                             "ready: address",
		"ready: {url: /}\nrequests: -5":                          "must not be negative",
		"requests: 0":                                            "requests: 0 is too few",
		"reloads: 0":                                             "reloads: 0 is too few",
		"runs: 0":                                                "runs: 0 is too few",
		"limits: {file: 0}":                                      "limits: file: 0 is too few",
		"limits: {file: 100}":                                    "less than the 4194304 bytes",
		"limits: {file: 4194304}":                                "",
		"limits: {ready: 5}":                                     "[1:17] \"5\" is no time: write a number with its unit",
		"limits: {ready: -5s}":                                   "-5s is not a time to wait",
		"limits: {ready: 1m30s}":                                 "",
		`limits: {ready: "15s"}`:                                 "",
		`files: {$WORK/../x: a}`:                                 "paths are below $WORK already",
		`files: {../x: a}`:                                       "files: ../x is not below the working folder",
		`files: {/etc/x: a}`:                                     "files: /etc/x is not below the working folder",
		`files: {a/b: $WORK}`:                                    "",
		`reload: [{write: {a/../../x: [a]}}]`:                    "reload: write: a/../../x is not below",
		`load: [{url: /, method: "A B"}]`:                        "load: method \"A B\" is none of HTTP",
		`restart: [{url: /, method: "A\tB"}]`:                    "restart: method",
		`env: {"A=B": c}`:                                        "env: \"A=B\" is no name of a variable",
		"args: [\"\x00\"]":                                       "it is not text",
		"args: [\"\xff\"]":                                       "it is not text",
		`load: [{url: "http://127.0.0.1:1@example.com:80/"}]`:    "load: url",
		`restart: [{url: "http://metadata.example:80/latest/"}]`: "restart: url",
	} {
		file := filepath.Join(t.TempDir(), "s.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := ReadScenario(file)
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", text, err)
		case want == "" && (s.Count != 0 || s.Reloads != 0 || s.Runs != 0 || s.Limits.File < 0):
			t.Errorf("%s: what is left out is set: %+v", text, s)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}
