package gatefacts

import (
	"debug/elf"
	"fmt"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/cpu"

	"github.com/hotvet/hotvet/integration/gate"
)

// host says whether NEW starts on this machine. When a process runs here, NEW has to;
// else the gate may have been asked on another machine than that of the service.
func host(new *image, running bool) gate.Fact[gate.Host] {
	settings := new.file.Build.Settings
	if text := otherHost(settings["GOOS"], new.machine); text != "" {
		if running {
			return gate.Known(gate.Host{Problem: text})
		}
		return gate.Missing[gate.Host](text + ": whether NEW starts can be told where it will run")
	}
	if lacks := lacking(runtime.GOARCH, settings); len(lacks) > 0 {
		level := levelOf(runtime.GOARCH, settings)
		return gate.Known(gate.Host{Problem: fmt.Sprintf("it is built with %s, and the processor of this host lacks %s", level, strings.Join(lacks, ", "))})
	}
	text := "NEW is for " + runtime.GOOS + "/" + goarchOf(new.machine) + ", which this host runs"
	if level := levelOf(runtime.GOARCH, settings); level != "" {
		text += ", whose processor has what " + level + " needs"
	}
	return gate.Known(gate.Host{Text: text})
}

// otherHost says that this host is of another kind, empty when it is not. GOOS is
// empty when another build system linked the program.
func otherHost(goos string, machine elf.Machine) string {
	// An amd64 kernel executes programs for 386.
	same := hostMachines[runtime.GOARCH] == machine || runtime.GOARCH == "amd64" && machine == elf.EM_386
	if same && (goos == "" || goos == runtime.GOOS) {
		return ""
	}
	if goos == "" {
		goos = "linux"
	}
	return fmt.Sprintf("NEW is for %s/%s, and this host is %s/%s", goos, goarchOf(machine), runtime.GOOS, runtime.GOARCH)
}

func goarchOf(machine elf.Machine) string {
	for name, m := range hostMachines {
		if m == machine {
			return name
		}
	}
	return machine.String()
}

// levelOf spells the setting that says what the processor must have.
func levelOf(goarch string, settings map[string]string) string {
	key := map[string]string{"amd64": "GOAMD64", "arm64": "GOARM64"}[goarch]
	if settings["GOARCH"] != goarch || settings[key] == "" {
		return ""
	}
	return key + "=" + settings[key]
}

// A feature is one that the run time asks the processor for before anything else.
type feature struct {
	name  string
	level string // the first that needs it
	has   *bool
}

// amd64Features are those of runtime/asm_amd64.s, NEED_FEATURES_CX and its like. What
// the system does not save, as AVX, the package cpu says is not there.
var amd64Features = []feature{
	{"SSE3", "v2", &cpu.X86.HasSSE3},
	{"SSSE3", "v2", &cpu.X86.HasSSSE3},
	{"SSE4.1", "v2", &cpu.X86.HasSSE41},
	{"SSE4.2", "v2", &cpu.X86.HasSSE42},
	{"CMPXCHG16B", "v2", &cpu.X86.HasCX16},
	{"POPCNT", "v2", &cpu.X86.HasPOPCNT},
	{"LAHF", "v2", &cpu.X86.HasLAHF},
	{"FMA", "v3", &cpu.X86.HasFMA},
	{"MOVBE", "v3", &cpu.X86.HasMOVBE},
	{"OSXSAVE", "v3", &cpu.X86.HasOSXSAVE},
	{"AVX", "v3", &cpu.X86.HasAVX},
	{"F16C", "v3", &cpu.X86.HasF16C},
	{"LZCNT", "v3", &cpu.X86.HasLZCNT},
	{"BMI1", "v3", &cpu.X86.HasBMI1},
	{"AVX2", "v3", &cpu.X86.HasAVX2},
	{"BMI2", "v3", &cpu.X86.HasBMI2},
	{"AVX512F", "v4", &cpu.X86.HasAVX512F},
	{"AVX512DQ", "v4", &cpu.X86.HasAVX512DQ},
	{"AVX512CD", "v4", &cpu.X86.HasAVX512CD},
	{"AVX512BW", "v4", &cpu.X86.HasAVX512BW},
	{"AVX512VL", "v4", &cpu.X86.HasAVX512VL},
}

// lacking lists what a program of this architecture would miss on this processor. The
// run times of the other architectures do not look.
func lacking(goarch string, settings map[string]string) (list []string) {
	if settings["GOARCH"] != goarch {
		return nil
	}
	switch goarch {
	case "amd64":
		for _, f := range amd64Features {
			if f.level <= settings["GOAMD64"] && !*f.has {
				list = append(list, f.name)
			}
		}
	case "arm64":
		// All levels above v8.0 have LSE (internal/buildcfg, ParseGoarm64); without it
		// runtime/asm_arm64.s, CHECK_GOARM64_LSE, ends the program.
		level := settings["GOARM64"]
		if level != "" && (!strings.HasPrefix(level, "v8.0") || strings.Contains(level, ",lse")) && !cpu.ARM64.HasATOMICS {
			list = append(list, "LSE")
		}
	}
	return list
}

// executable reports whether somebody may execute the file. Windows keeps no such
// permission.
func executable(info os.FileInfo) bool {
	return runtime.GOOS == "windows" || info.Mode().Perm()&0o111 != 0
}
