package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version prints the version of hotvet and of the toolchain that built it.
func (inv *invocation) version(args []string) error {
	fs := inv.flags("version", "", "Prints the version of hotvet, and of the Go that built it.")
	if err := parse(fs, args); err != nil {
		return err
	}
	if fs.NArg() > 0 {
		return usageError("", "version takes no arguments")
	}
	_, err := fmt.Fprintf(inv.stdout, "hotvet %s %s %s/%s\n", Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// Version returns the version of the module, "(devel)" for a build of a
// working tree.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
