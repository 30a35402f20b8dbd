package main

import (
	"fmt"
	"net/http"

	"github.com/spf13/viper"
)

// The program reads viper before it serves, and on the watcher's own goroutine.
func main() {
	name := viper.GetString("name")
	viper.WatchConfig()
	viper.OnConfigChange(func() { fmt.Println(viper.GetString("name")) })
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, name) })
	http.ListenAndServe("127.0.0.1:0", nil)
}
