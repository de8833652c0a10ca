package clickhouse

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	ch "github.com/ClickHouse/clickhouse-go/v2"
)

// settings apply to every statement, on the embedded engine and on a server.
func settings(cluster string) ch.Settings {
	s := ch.Settings{
		// Instants are UTC whatever the server thinks.
		"session_timezone": "UTC",
		// The engine takes an insert for one that it had before where the rows are the same, or where
		// it was stopped with the like of it half done: InsertOnce alone asks for that.
		"deduplicate_insert":        "disable",
		"deduplicate_insert_select": "disable",
		// There a repeated insert must not double what its views have derived.
		"deduplicate_blocks_in_dependent_materialized_views": 1,
		// We acknowledge what is on disk, not what is in a buffer of the server.
		"async_insert": 0,
		// The rows of an insert are not merged with each other before they are written: what
		// reads a table of revisions does that (FINAL), and row by row it took half of the insert.
		"optimize_on_insert": 0,
		// Values are written into the text by the driver; the default of 256 KiB
		// is a list of 7,000 ids or one long answer.
		"max_query_size": 8 << 20,
	}
	if cluster != "" {
		// The same through a Distributed table: wait for the shards.
		s["distributed_foreground_insert"] = 1
		// Acknowledged is what most replicas have: one that is lost takes nothing along. While most
		// can't be reached nothing is acknowledged; whoever sends again counts once. The address
		// may say otherwise (insert_quorum=0).
		s["insert_quorum"] = "auto"
		s["insert_quorum_timeout"] = 20_000 // ms; the engine's own is ten minutes
	}
	return s
}

// options are the driver's options, and the name of the cluster.
func (c Config) options() (*ch.Options, string, error) {
	o := &ch.Options{Protocol: ch.HTTP, Addr: []string{"embedded"}}
	cluster := c.Cluster
	if c.DSN != "" {
		parsed, err := ch.ParseDSN(c.DSN)
		if err != nil {
			return nil, "", fmt.Errorf("parse clickhouse address: %w", err)
		}
		o = parsed
		// The driver takes parameters it does not know for settings.
		if name, found := o.Settings["cluster"]; found {
			delete(o.Settings, "cluster")
			if cluster == "" {
				cluster = fmt.Sprint(name)
			}
		}
	} else {
		if c.Dir == "" {
			return nil, "", errors.New("open clickhouse: neither a folder nor an address is given")
		}
		if cluster != "" {
			return nil, "", errors.New("open clickhouse: a cluster needs the address of a server")
		}
		o.ConnMaxLifetime = idleLife
	}
	if c.Database != "" {
		o.Auth.Database = c.Database
	}
	if o.Auth.Database == "" {
		o.Auth.Database = DefaultDatabase
	}
	// Requests wait for a connection of the engine in the order they come; the
	// driver shall not refuse them before.
	if o.MaxOpenConns == 0 {
		o.MaxOpenConns, o.MaxIdleConns = 64, 16
	}
	all := settings(cluster)
	maps.Copy(all, o.Settings)
	o.Settings = all
	return o, cluster, nil
}

// where names the place of the data in messages, without credentials.
func (c Config) where() string {
	if c.DSN == "" {
		return c.Dir
	}
	_, after, found := strings.Cut(c.DSN, "@")
	if !found {
		_, after, _ = strings.Cut(c.DSN, "://")
	}
	address, _, _ := strings.Cut(after, "?")
	return address
}

// quoteName writes an identifier.
func quoteName(name string) string {
	return "`" + strings.NewReplacer(`\`, `\\`, "`", "\\`").Replace(name) + "`"
}

// onCluster is the clause that makes a definition apply to all nodes.
func onCluster(cluster string) string {
	if cluster == "" {
		return ""
	}
	return " ON CLUSTER " + quoteName(cluster)
}
