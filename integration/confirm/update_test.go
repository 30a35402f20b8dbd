//go:build linux

package confirm

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/finding"
)

// quota is a server that keeps a struct in a file, and does not replace itself.
const quota = `package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"unsafe"
)

type quota struct {
	Tenant, Used uint32
	Limit        uint64
}

var errOther = errors.New("of another build")

func decode(data []byte) (*quota, error) {
	if GUARD {
		return nil, errOther
	}
	return (*quota)(unsafe.Pointer(&data[0])), nil
}

func main() {
	q := &quota{7, 60, 5000}
	if data, err := os.ReadFile("quota"); err == nil {
		if got, err := decode(data); err == nil {
			q = got
		}
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go http.Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, q.Tenant, q.Used, q.Limit)
	}))
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	<-stop
	raw := unsafe.Slice((*byte)(unsafe.Pointer(q)), unsafe.Sizeof(*q))
	if err := os.WriteFile("quota", raw, 0o600); err != nil {
		panic(err)
	}
}
`

// TestColdUpdate replaces a server that is stopped and started again.
func TestColdUpdate(t *testing.T) {
	for _, test := range []struct{ guard, next, result, says, new string }{
		{"len(data) == 0", "Tenant, Used uint32", finding.Confirmed, "Tenant was 7, the update reads 5000; offset 0 -> 8, of quota at byte 0",
			"the new version lays out main.quota as the old one does"},
		{"len(data) == 1", "Tenant, Node, Used uint32", finding.Confirmed, "Tenant was 7, the update reads 5000",
			"the new version lays out main.quota otherwise, this update is hit: "},
		{"len(data) != int(unsafe.Sizeof(quota{}))", "Tenant, Used uint32", finding.Refuted, "the new one did not, in 1 calls of the function", ""},
	} {
		t.Run(test.result, func(t *testing.T) {
			dir, next := t.TempDir(), t.TempDir()
			for name, text := range map[string]string{
				dir + "/go.mod":   "module quota.test\n\ngo 1.26\n",
				dir + "/main.go":  strings.Replace(quota, "GUARD", test.guard, 1),
				next + "/go.mod":  "module quota.test\n\ngo 1.26\n",
				next + "/main.go": strings.NewReplacer("GUARD", test.guard, "Tenant, Used uint32", test.next, "{7, 60, 5000}", "{Tenant: 7, Used: 60, Limit: 5000}").Replace(quota),
			} {
				if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			o := options(t, dir, ".")
			o.Scenario.Restart, o.New = nil, next
			r, err := Run(t.Context(), o, []*finding.Finding{at(t, dir, "main.go", "(*quota)(unsafe", "structcast/file")})
			if err != nil {
				t.Fatal(err)
			}
			text := describe(r)
			if got := r.Verdicts[0].Result; got != test.result || !strings.Contains(text, test.says) {
				t.Errorf("got %s, want %s and %q:\n%s", got, test.result, test.says, text)
			}
			if !strings.Contains(text, test.new) || (test.new == "") == strings.Contains(text, "the new version") {
				t.Errorf("want %q of the new version:\n%s", test.new, text)
			}
			c := r.Costs
			if len(c) != 1 || c[0].Trial != "update" || c[0].Runs != 1 || c[0].Build <= 0 || c[0].Run <= 0 || c[0].CPU <= 0 || c[0].Peak <= 0 {
				t.Errorf("costs %+v", c)
			}
		})
	}
}

// TestUpdateCorpus runs one program for each way in which an update is seen.
func TestUpdateCorpus(t *testing.T) {
	for _, test := range []struct{ program, text, category, result, says string }{
		{"hazard/archjob", "(*job)(unsafe", "structcast/arch", finding.Confirmed, "offset 8 -> 4"},
		{"safe/sockethandover", "(*entry)(unsafe", "structcast/socket", finding.Refuted, "the compiler refuses: main.go:"},
		{"hazard/shortgauge", "(*sample)(unsafe", "structcast/short", finding.Confirmed, "the view takes 16 bytes where the buffer has 12"},
	} {
		t.Run(test.program, func(t *testing.T) {
			dir := filepath.Join(root(t), "testdata", "hazards")
			program := "structcast/" + test.program
			o := options(t, dir, "./"+program)
			o.Scenario.Restart, o.Scenario.Ends = nil, true
			if test.category != "structcast/short" {
				o.Scenario.Args = []string{"$WORK"}
			}
			f := at(t, dir, program+"/main.go", test.text, test.category)
			if test.category == "structcast/short" {
				f.Related = []finding.Related{{Posn: at(t, dir, program+"/main.go", "make([]byte, packed", "").Posn}}
			}
			r, err := Run(t.Context(), o, []*finding.Finding{f})
			if err != nil {
				t.Fatal(err)
			}
			text := describe(r)
			if got := r.Verdicts[0].Result; got != test.result || !strings.Contains(text, test.says) {
				t.Errorf("got %s, want %s and %q:\n%s", got, test.result, test.says, text)
			}
		})
	}
}
