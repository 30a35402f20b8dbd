package confirm

import "fmt"

// An Observation is what was seen of one run. Judges read it and nothing else.
type Observation struct {
	PID int // of the program when it was started

	// Old is the image that was told to restart, as it was just before.
	Old Image
	// New is the image that exec put in its place, as it was handed over: before
	// its main ran. It is nil when none came.
	New *Image
	// Child is the id of a process that was started from the same binary after
	// the restart signal, 0 when there was none.
	Child int

	Files []File // what the old image wrote to, and what became of it

	Before, After Load // requests to the old and the new image

	// Killed says that a signal ended the process after the restart signal,
	// though none was sent to it. It is that signal's name.
	Killed string
	Runs   int // how often the program was run
	Lost   int // in how many of these runs Killed was SIGPROF before New came
}

// sigProf is the value of Observation.Killed that tells of the profiling timer.
const sigProf = "SIGPROF"

// An Image is one program in a process, from exec to exec.
type Image struct {
	PID   int
	Timer Timer
}

// A Timer is the state of ITIMER_PROF, which execve(2) does not disarm.
type Timer struct {
	Interval int64 `json:"interval_us"`
	Left     int64 `json:"left_us"` // until it fires
}

// Armed reports whether the timer runs.
func (t Timer) Armed() bool { return t.Interval > 0 || t.Left > 0 }

// A File is a regular file that the old image had open for writing.
type File struct {
	Path   string `json:"path"` // relative to the run's folder where it is below it
	Before int64  `json:"bytes_before"`
	After  int64  `json:"bytes_after"`

	// Profile is what the file holds after the restart.
	Profile *ProfileFile `json:"profile,omitempty"`
}

// A ProfileFile is a file that begins like a profile.
type ProfileFile struct {
	Samples int    `json:"samples"`
	CPU     bool   `json:"cpu"`             // samples of CPU time
	Problem string `json:"error,omitempty"` // why it cannot be read, empty when it can
}

// Load counts requests.
type Load struct {
	Sent     int
	Answered int // with any status
}

func (l Load) String() string { return fmt.Sprintf("%d of %d requests answered", l.Answered, l.Sent) }

// A Site is what is known of the place of one finding in the old image.
type Site struct {
	Counted bool   // the fields below were observed
	Ran     bool   // it was executed
	File    string // Path of the File that its profile is written to, empty when not known
}
