package origin

import (
	"strings"
	"testing"
)

// TestOf: one server can be spelled in several ways.
func TestOf(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{"http://h", "http://u:p@H:80/x?y", true},
		{"https://h/", "https://h:443/", true},
		{"http://[::1]:1/", "http://[::1]:1/x", true},
		{"http://h", "https://h", false},
		{"http://h:443", "https://h", false},
		{"http://h", "http://h:81", false},
		{"http://h", "http://h.", false},
	} {
		a, err := Parse(tt.a)
		b, errB := Parse(tt.b)
		if err != nil || errB != nil || (Of(a) == Of(b)) != tt.same {
			t.Errorf("%s, %s: %v, %v", tt.a, tt.b, err, errB)
		}
	}
}

// TestSecret: no error has the password of a URL.
func TestSecret(t *testing.T) {
	for _, raw := range []string{"me:secret@host", "http://me:secret@host:70 1/", "ftp://me:secret@host", "http://me:secret@\x7f", "http://me:se@secret@ho st/"} {
		if u, err := Parse(raw); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, %v", raw, u, err)
		}
	}
}
