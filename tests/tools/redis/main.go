// A Redis in memory, for Argo CD's cache: the one that Argo CD's own tests use.
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/alicebob/miniredis/v2"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: redis ADDRESS:PORT")
		os.Exit(2)
	}
	server := miniredis.NewMiniRedis()
	if err := server.StartAddr(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// Its clock stands still, so that tests can say when an entry expires; here it has to go.
	for range time.Tick(time.Second) {
		server.FastForward(time.Second)
	}
}
