// Svc is a server with the habits, good and bad, that confirm has to cope with.
// Its first argument selects one.
package main

import (
	"bytes"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime/pprof"
	"strconv"
	"syscall"
)

const envFD = "SVC_LISTENER"

func main() {
	mode := os.Args[1]
	again := os.Getenv(envFD) != ""
	switch {
	case mode == "exit":
		log.Fatal("cannot open the database")
	case mode == "silent":
		select {}
	case mode == "gigabyte":
		gigabyte()
	case mode == "fills":
		fill()
	case mode == "dies" && again:
		panic("the new release is broken")
	case mode == "twice" && os.Getenv("SVC_TWICE") == "":
		os.Setenv("SVC_TWICE", "1")
		replace()
	}
	usr2 := make(chan os.Signal, 1)
	if mode != "deaf" {
		signal.Notify(usr2, syscall.SIGUSR2)
	}
	address := "127.0.0.1:0"
	switch mode {
	case "open":
		address = ":0"
	case "port":
		address = os.Args[2]
	}
	l := listen(address)
	profile := begin(mode)
	http.HandleFunc("/profile", func(w http.ResponseWriter, r *http.Request) {
		if f, err := os.Create("asked.pprof"); err == nil {
			pprof.StartCPUProfile(f) // on request
		}
	})
	if mode == "raw" {
		go acceptRaw(l)
	} else {
		go http.Serve(l, nil)
	}
	<-usr2
	end(mode, profile)
	file, err := l.(*net.TCPListener).File()
	if err != nil {
		log.Fatal(err)
	}
	fd, err := syscall.Dup(int(file.Fd()))
	if err != nil {
		log.Fatal(err)
	}
	os.Setenv(envFD, strconv.Itoa(fd))
	if mode == "child" {
		child := exec.Command(os.Args[0], os.Args[1:]...)
		child.ExtraFiles = []*os.File{file}
		child.Env = append(os.Environ(), envFD+"=3")
		log.Print(child.Start())
		return
	}
	replace()
}

// gigabyte writes that much into the log.
func gigabyte() {
	line := bytes.Repeat([]byte("one of very many lines\n"), 1000)
	for written := 0; written < 1<<30; written += len(line) {
		os.Stdout.Write(line)
	}
}

// fill writes a file that grows until it is refused.
func fill() {
	f, err := os.Create("spool")
	if err != nil {
		log.Fatal(err)
	}
	chunk := make([]byte, 1<<20)
	for {
		if _, err := f.Write(chunk); err != nil {
			log.Fatal(err)
		}
	}
}

func replace() {
	log.Fatal(syscall.Exec("/proc/self/exe", os.Args, os.Environ()))
}

func listen(address string) net.Listener {
	var l net.Listener
	fd, err := strconv.Atoi(os.Getenv(envFD))
	if err == nil {
		l, err = net.FileListener(os.NewFile(uintptr(fd), "listener"))
	} else {
		l, err = net.Listen("tcp", address)
	}
	if err != nil {
		log.Fatal(err)
	}
	return l
}

// acceptRaw speaks no HTTP.
func acceptRaw(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		fmt.Fprintln(conn, "220 ready")
		conn.Close()
	}
}

// begin starts the profile of the modes that take one.
func begin(mode string) *os.File {
	switch mode {
	case "forgets", "stops", "twice", "child", "dies", "flood", "daemon", "gigabyte":
	default:
		return nil
	}
	// The same name in every image: the next one truncates what this one wrote.
	f, err := os.Create("cpu.pprof")
	if err != nil {
		log.Fatal(err)
	}
	// A log that stays empty must not be taken for a lost profile.
	if _, err := os.Create("access.log"); err != nil {
		log.Fatal(err)
	}
	if err := pprof.StartCPUProfile(f); err != nil { // at start
		log.Fatal(err)
	}
	switch mode {
	case "flood":
		go func() {
			for {
				fmt.Println("one of very many lines that are of no use to anybody")
			}
		}()
	case "daemon":
		daemon := exec.Command("sleep", "1000")
		daemon.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := daemon.Start(); err != nil {
			log.Fatal(err)
		}
		signal.Ignore(syscall.SIGTERM)
	}
	return f
}

// end is what the mode does about its profile before it is replaced.
func end(mode string, profile *os.File) {
	switch mode {
	case "stops", "twice":
		pprof.StopCPUProfile()
		profile.Close()
	}
}
