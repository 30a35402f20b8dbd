package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/viper"
)

var own = viper.New()

func show(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, viper.GetString("name"), own.GetString("name"))
}

func main() {
	viper.WatchConfig() // want `configuration library replaces its maps on reload without a lock`
	own.WatchConfig()   // want `configuration library replaces its maps on reload without a lock`
	viper.OnConfigChange(func() { fmt.Println(viper.GetString("name")) })

	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			viper.ReadInConfig() // want `configuration library replaces its maps on reload without a lock`
		}
	}()
	http.HandleFunc("/", show)
	http.ListenAndServe("127.0.0.1:0", nil)
}
