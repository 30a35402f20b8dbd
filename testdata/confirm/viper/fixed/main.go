// Fixed is the same service. It publishes what viper has read atomically, on the
// goroutine on which viper reads, and requests use that.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/spf13/viper"
)

// A settings is one version of the configuration.
type settings struct {
	greeting string
	limit    int
}

var current atomic.Pointer[settings]

// publish makes what viper holds the current configuration. It runs on the
// goroutine on which viper reads the file.
func publish(fsnotify.Event) {
	current.Store(&settings{viper.GetString("greeting"), viper.GetInt("limit")})
}

func main() {
	address := flag.String("listen", "127.0.0.1:0", "`address` to serve on")
	file := flag.String("config", "config.yaml", "configuration `file`")
	flag.Parse()

	viper.SetConfigFile(*file)
	viper.SetDefault("greeting", "hello")
	if err := viper.ReadInConfig(); err != nil {
		log.Fatal(err)
	}
	publish(fsnotify.Event{})
	viper.OnConfigChange(publish)
	viper.WatchConfig()

	mux := http.NewServeMux()
	mux.HandleFunc("/", greet)
	mux.HandleFunc("/limit", limit)
	server := &http.Server{
		Addr:        *address,
		Handler:     mux,
		ReadTimeout: 5 * time.Second,
	}
	log.Fatal(server.ListenAndServe())
}

// greet answers with the greeting of the configuration.
func greet(w http.ResponseWriter, r *http.Request) {
	name := r.FormValue("name")
	if name == "" {
		name = "world"
	}
	fmt.Fprintf(w, "%s, %s\n", current.Load().greeting, name)
}

// limit answers with how many greetings may be asked for.
func limit(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, current.Load().limit)
}
