// Viper is a service that greets in the words of its configuration file, which
// viper reads anew whenever it changes.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/spf13/viper"
)

func main() {
	address := flag.String("listen", "127.0.0.1:0", "`address` to serve on")
	file := flag.String("config", "config.yaml", "configuration `file`")
	flag.Parse()

	viper.SetConfigFile(*file)
	viper.SetDefault("greeting", "hello")
	if err := viper.ReadInConfig(); err != nil {
		log.Fatal(err)
	}
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
	fmt.Fprintf(w, "%s, %s\n", viper.GetString("greeting"), name)
}

// limit answers with how many greetings may be asked for.
func limit(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, viper.GetInt("limit"))
}
