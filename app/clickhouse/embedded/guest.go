package embedded

import (
	"context"
	"maps"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Guest is a statement of somebody outside of the program, who may read the databases that
// are open to guests, and nothing else.
type Guest struct {
	SQL      string
	Format   string // of the answer, unless the text names one
	Database string // one of GuestDatabases
	Campaign string // whose rows alone the views show; empty: all
	Revision int    // of the native protocol that the caller decodes its first answer at
	// Settings are such as the caller may change. Of them only writers and GuestCampaign are refused here.
	Settings map[string]string
}

// GuestLimits bound what one statement of a guest may take.
type GuestLimits struct {
	Time   time.Duration
	Memory uint64 // bytes, within the engine
	Rows   uint64 // of the answer
	Bytes  uint64 // of the answer, before it is written in its format
}

// defaultGuests is how many statements of guests run at once, each in one thread: half of the
// cores stay free for the program. More than two would have the engine's memory.
func defaultGuests() int { return min(2, max(1, runtime.GOMAXPROCS(0)/2)) }

// GuestCampaign is the setting in which a view finds the campaign of who reads. The engine in a
// process knows no settings of our own (custom_settings_prefixes), so it is one of the engine's
// that does nothing here: a name for entries of a cache that isn't on. A guest can't change it:
// SET and SETTINGS are no part of a guest's statement, and readonly holds.
const GuestCampaign = "query_cache_tag"

// writers are settings of output that reach outside of the answer: the first has the engine
// write a file at any path, over what is there; the second names what is told to a registry.
var writers = []string{"output_format_schema", "output_format_avro_confluent_subject"}

// settings are those of a limit. One thread, and nothing on the disk: what doesn't fit into
// the memory is refused.
func (l GuestLimits) settings() map[string]string {
	return map[string]string{
		"max_execution_time":                       strconv.FormatFloat(l.Time.Seconds(), 'f', -1, 64),
		"timeout_overflow_mode":                    "throw",
		"max_memory_usage":                         strconv.FormatUint(l.Memory, 10),
		"max_result_rows":                          strconv.FormatUint(l.Rows, 10),
		"max_result_bytes":                         strconv.FormatUint(l.Bytes, 10),
		"result_overflow_mode":                     "throw",
		"max_threads":                              "1",
		"max_bytes_ratio_before_external_group_by": "0",
		"max_bytes_ratio_before_external_sort":     "0",
		"max_bytes_before_external_group_by":       "0",
		"max_bytes_before_external_sort":           "0",
		"max_query_size":                           strconv.Itoa(longestGuest),
		"optimize_aggregation_in_order":            "1", // by response, which is how they lie
		"allow_ddl":                                "0",
		"allow_introspection_functions":            "0",
	}
}

// longestGuest bounds the text of a guest's statement.
const longestGuest = 256 << 10

// Ask answers a guest. An error of the statement, or its refusal, is an Exception.
//
// The whole answer is held: the engine writes a format's head and foot around every piece of
// a stream, which is right for Native only.
func (e *Engine) Ask(ctx context.Context, g Guest, limits GuestLimits) ([]byte, error) {
	if err := e.begin(); err != nil {
		return nil, err
	}
	defer e.running.Done()
	if len(g.SQL) > longestGuest {
		return nil, newException("Code: 62. DB::Exception: Max query size exceeded. (SYNTAX_ERROR)")
	}
	if isHello(g.SQL) {
		return hello(e.Version(), g.Revision)
	}
	if err := e.inspect(ctx, g); err != nil {
		return nil, err
	}
	c, err := e.guests.acquire(ctx)
	if err != nil {
		return nil, err
	}
	l := e.lease(ctx, e.guests, c)
	defer l.end()
	// Each statement has a connection of its own (2 ms): nothing is left of a guest, and
	// what readonly forbids to change is set before it holds.
	c.spoilt = true
	if err := c.admit(g, limits); err != nil {
		return nil, err
	}
	body, err := c.query(g.SQL, g.Format)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err == nil && len(body) == 0 {
		body = c.emptyNative(g)
	}
	return body, err
}

var endsInNative = regexp.MustCompile(`(?i)\sFORMAT\s+Native\s*;?\s*$`)

// emptyNative is the head of an answer without rows in Native, which the engine leaves out.
func (c *connection) emptyNative(g Guest) []byte {
	if at := endsInNative.FindStringIndex(g.SQL); at != nil {
		return c.header(g.SQL[:at[0]])
	}
	if g.Format == nativeFormat {
		return c.header(g.SQL)
	}
	return nil
}

// admit gives the connection the settings and the rights of a guest, in the one order in
// which each still may be set.
func (c *connection) admit(g Guest, limits GuestLimits) error {
	if !strings.HasPrefix(g.Database, GuestDatabases) {
		return newException("Code: 81. DB::Exception: Database " + identifier(g.Database) + " does not exist. (UNKNOWN_DATABASE)")
	}
	settings := limits.settings()
	for name, value := range g.Settings {
		if !settingName.MatchString(name) {
			return newException("Code: 115. DB::Exception: Setting " + quote(name) + " is not a name (UNKNOWN_SETTING)")
		}
		if slices.Contains(writers, name) || name == GuestCampaign {
			return newException("Code: 164. DB::Exception: Cannot modify " + quote(name) + " setting in readonly mode. (READONLY)")
		}
		settings[name] = tighter(name, settings[name], value)
	}
	own := c.base(nil)
	maps.Copy(settings, own)
	settings[GuestCampaign] = g.Campaign
	if g.Campaign != "" {
		settings["output_format_write_statistics"] = "0" // of rows that were read, those of others among them
	}
	if zone := g.Settings["session_timezone"]; zone != "" {
		settings["session_timezone"] = zone
	}
	if err := c.prepare(g.Database, settings); err != nil {
		return err
	}
	return c.restrict()
}

// restrict takes the program's rights from a connection. It doesn't get them back.
func (c *connection) restrict() error {
	for _, step := range []string{"SET ROLE " + guestRole, "SET readonly = 1"} {
		if _, err := c.query(step, nativeFormat); err != nil {
			return err
		}
	}
	return nil
}

// inspect looks at a statement on a connection kept for that, which has the rights of a guest
// and none of the guest's settings: a limit of one row would hold for the tree too.
func (e *Engine) inspect(ctx context.Context, g Guest) error {
	c, err := e.inspectors.acquire(ctx)
	if err != nil {
		return err
	}
	err = c.inspect(g.SQL, g.Campaign == "")
	c.spoilt = err != nil
	e.inspectors.release(c)
	return err
}

// leastWish is the least that a guest may ask for: the engine counts whole microseconds, rows
// and bytes, and what comes to none of them is no limit.
const leastWish = 0.001

// tighter is what holds where a guest asks for another limit than ours: the smaller.
func tighter(name, ours, asked string) string {
	if ours == "" || name == "result_overflow_mode" {
		return asked
	}
	limit, err := strconv.ParseFloat(ours, 64)
	wish, wrong := strconv.ParseFloat(asked, 64)
	if err == nil && wrong == nil && wish >= leastWish && wish < limit { // false for NaN
		return asked
	}
	return ours
}
