package embedded

import (
	"fmt"
	"slices"
	"strings"
)

// inspect refuses a guest's statement that the rights of its role would let through: one that
// is no reading, that asks the tables of the engine itself for more than what is there to
// read, or that calls what looks outside of the database.
//
// The engine's own parser says what the statement is (classify, EXPLAIN AST), and every part
// of it has to be on a list: a part that isn't known is refused. A text can't be hidden from
// it in comments, quotes or spaces, as it can from an expression that looks at the text.
//
// What a statement would read is told to who may read all: it counts rows of every campaign.
func (c *connection) inspect(sql string, all bool) error {
	readOnly, statements := c.class(sql)
	if statements > 1 {
		return newException("Code: 62. DB::Exception: Syntax error (Multi-statements are not allowed) (SYNTAX_ERROR)")
	}
	if statements == 1 && !readOnly {
		return newException("Code: 164. DB::Exception: Cannot execute query in readonly mode. For queries over HTTP, this is a read-only endpoint. (READONLY)")
	}
	// What doesn't parse is told so by the engine, in its own words.
	tree, err := c.query("EXPLAIN AST "+sql, "TSVRaw")
	if err != nil {
		return err
	}
	if !all && explains(string(tree)) {
		return refused("EXPLAIN from who reads for one campaign")
	}
	return inspectTree(string(tree))
}

// inspectTree looks at each line of a tree: its kind, and what it names.
func inspectTree(tree string) error {
	lines := strings.Split(strings.TrimRight(tree, "\n"), "\n")
	above := make([]string, 0, 32) // kinds of the lines over this one, by depth
	for i, line := range lines {
		depth := len(line) - len(strings.TrimLeft(line, " "))
		kind, name := node(line[depth:])
		if depth == 0 && i > 0 || depth > len(above) || depth == 0 && !rootKinds[kind] || depth > 0 && !innerKinds[kind] && !(rootKinds[kind] && explains(above[0])) {
			return refused("this kind of statement or expression (" + kind + ")")
		}
		above = append(above[:depth], kind)
		if err := inspectName(kind, name, parent(above)); err != nil {
			return err
		}
	}
	return nil
}

func explains(root string) bool { return strings.HasPrefix(root, "Explain") }

func parent(above []string) string {
	if len(above) < 2 {
		return ""
	}
	return above[len(above)-2]
}

// node cuts a line into its kind and the name it bears.
func node(line string) (kind, name string) {
	line, _, _ = strings.Cut(line, " (children ")
	line, _, _ = strings.Cut(line, " (alias ")
	if rootKinds[line] {
		return line, ""
	}
	kind, name, _ = strings.Cut(line, " ")
	return kind, name
}

func inspectName(kind, name, parent string) error {
	switch kind {
	case "TableIdentifier", "Identifier":
		parts := strings.Split(name, ".")
		if parts[0] == "system" && len(parts) > 1 && !slices.Contains(systemTables, parts[1]) {
			return refused("system." + parts[1])
		}
		// A function may be handed to another by its bare name: arrayMap(file, …).
		if kind == "Identifier" && forbidden(name) {
			return refused("the name " + name)
		}
	case "Function":
		if parent == "TableExpression" && !slices.Contains(tableFunctions, name) {
			return refused("table function " + name)
		}
		if forbidden(name) {
			return refused("function " + name)
		}
	}
	return nil
}

// forbidden tells whether a function isn't for guests, however it is written.
func forbidden(name string) bool {
	name = strings.ToLower(name)
	return slices.Contains(outward, name) || slices.Contains(unending, name)
}

func refused(what string) error {
	return newException(fmt.Sprintf("Code: 497. DB::Exception: Not enough privileges. The read-only endpoint does not take %s. (ACCESS_DENIED)", what))
}

func set(names ...string) map[string]bool {
	all := make(map[string]bool, len(names))
	for _, name := range names {
		all[name] = true
	}
	return all
}

// rootKinds are the statements that guests may send. SHOW PROCESSLIST isn't among them: it
// tells the statements of others.
var rootKinds = set("SelectWithUnionQuery", "SelectIntersectExceptQuery", "ShowTables", "ShowColumns", "ShowFunctions", "ShowSetting", "ShowEngineQuery",
	"ShowCreateTableQuery", "ShowCreateViewQuery", "ShowCreateDatabaseQuery", "DescribeQuery", "ExistsTableQuery", "ExistsViewQuery", "ExistsDatabaseQuery",
	"Explain EXPLAIN", "Explain EXPLAIN AST", "Explain EXPLAIN SYNTAX", "Explain EXPLAIN PIPELINE", "Explain EXPLAIN ESTIMATE")

// innerKinds are what such statements are made of. APPLY isn't there: it names a function
// that the tree doesn't show.
var innerKinds = set("SelectWithUnionQuery", "SelectIntersectExceptQuery", "SelectQuery", "ExpressionList", "Literal", "Identifier", "TableIdentifier", "Function",
	"Asterisk", "QualifiedAsterisk", "TablesInSelectQuery", "TablesInSelectQueryElement", "TableExpression", "TableJoin", "ArrayJoin", "Subquery",
	"OrderByElement", "StorageOrderByElement", "InterpolateElement", "WithElement", "WindowDefinition", "WindowListElement", "SampleRatio",
	"ColumnsRegexpMatcher", "ColumnsListMatcher", "QualifiedColumnsRegexpMatcher", "QualifiedColumnsListMatcher", "ColumnsTransformerList",
	"ColumnsExceptTransformer", "ColumnsReplaceTransformer", "ColumnsReplaceTransformer::Replacement")

// systemTables are the engine's own tables from which clients learn what there is to read;
// the role hides in them what isn't a guest's.
var systemTables = []string{"one", "numbers", "numbers_mt", "zeros", "zeros_mt", "databases", "tables", "columns", "settings", "functions", "formats",
	"data_type_families", "table_engines", "table_functions", "collations", "time_zones", "keywords", "dictionaries", "data_skipping_indices", "constraints",
	"aggregate_function_combinators", "contributors", "licenses"}

// tableFunctions are those that read nothing.
var tableFunctions = []string{"numbers", "numbers_mt", "zeros", "zeros_mt", "values", "generateSeries", "generate_series", "SQLStandardValues"}

// outward are functions that look outside of the database: at files, at the machine, at
// another service, into a log. file would read any file of ours, and no right of a role stands
// before it; sleep holds a connection.
var outward = []string{"file", "getserversetting", "getserverport", "tcpport", "getmacro", "showcertificate", "getclienthttpheader", "serveruuid",
	"filesystemavailable", "filesystemcapacity", "filesystemunreserved", "getoskernelversion", "logtrace", "catboostevaluate",
	"addresstoline", "addresstolinewithinlines", "addresstosymbol", "aiclassify", "aigenerate", "aiembed", "aiextract", "aitranslate", "sleep", "sleepeachrow"}

// unending are functions whose time grows with the square of one value, and that look at no
// clock meanwhile: limits are held between blocks, and so is KILL. (Measured: editDistance of two
// texts of 60,000 characters took 14 s; of a million each it would take an hour, on a core that
// nothing gives back.)
var unending = []string{"editdistance", "editdistanceutf8", "levenshteindistance", "levenshteindistanceutf8", "dameraulevenshteindistance", "dameraulevenshteindistanceutf8",
	"arraylevenshteindistance", "arraylevenshteindistanceweighted", "arraysimilarity", "arrayautocorrelation", "jarosimilarity", "jarowinklersimilarity"}
