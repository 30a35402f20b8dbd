package main

import (
	"log"
	"os"
	"os/signal"
	"syscall"

	"upgrade"
)

func main() {
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP) // want `SIGHUP`
	go func() {
		for range reload {
			log.Print("reloads")
		}
	}()
	others := make(chan os.Signal, 1)
	signal.Notify(others, syscall.SIGUSR2, syscall.SIGTERM, os.Interrupt) // want `SIGUSR2` `SIGTERM` `SIGINT`
	for sig := range others {
		switch sig {
		case syscall.SIGUSR2:
			log.Print(upgrade.Now()) // want `SIGUSR2`
		case syscall.SIGTERM:
			os.Exit(0) // want `SIGTERM`
		case os.Interrupt:
			return
		}
	}
}
