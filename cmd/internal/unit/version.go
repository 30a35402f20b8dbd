package unit

import (
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
)

// printVersion answers -V=full. The go command keys its cache of results by the
// buildID, so that it must change whenever the binary does, or what it runs: a
// test binary can be several tools. See toolID in
// cmd/go/internal/work/buildid.go for the form.
func (t *Tool) printVersion(w io.Writer) error {
	name, err := os.Executable()
	if err != nil {
		return err
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.CopyBuffer(h, struct{ io.Reader }{f}, make([]byte, 1<<20)); err != nil {
		return err
	}
	for _, a := range t.Analyzers {
		fmt.Fprintln(h, a.Name)
	}
	_, err = fmt.Fprintf(w, "hotvet version devel buildID=%x\n", h.Sum(nil))
	return err
}

// printFlags answers -flags: which flags "go vet" may pass on. It handles -fix
// itself.
func (t *Tool) printFlags(w io.Writer) error {
	type description struct {
		Name  string
		Bool  bool
		Usage string
	}
	var list []description
	t.flagSet(new(options)).VisitAll(func(f *flag.Flag) {
		if f.Name == "fix" {
			return
		}
		b, ok := f.Value.(interface{ IsBoolFlag() bool })
		list = append(list, description{f.Name, ok && b.IsBoolFlag(), f.Usage})
	})
	data, err := json.MarshalIndent(list, "", "\t")
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}
