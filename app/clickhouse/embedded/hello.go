package embedded

import (
	"strings"

	"github.com/ClickHouse/ch-go/proto"
)

// helloQuery is the driver's first statement on every connection. It is
// decoded at the driver's own revision, and what it answers is the revision at
// which everything after it is decoded.
const helloQuery = "SELECT displayName(), version(), revision(), timezone()"

func isHello(sql string) bool { return strings.TrimSpace(sql) == helloQuery }

// hello answers with revision 0, at which libchdb writes Native. The zone is
// the session_timezone that base sets.
func hello(version string, revision int) ([]byte, error) {
	name, ver, zone := new(proto.ColStr), new(proto.ColStr), new(proto.ColStr)
	rev := new(proto.ColUInt32)
	name.Append("embedded")
	ver.Append(version)
	rev.Append(0)
	zone.Append("UTC")
	input := proto.Input{
		{Name: "displayName()", Data: name},
		{Name: "version()", Data: ver},
		{Name: "revision()", Data: rev},
		{Name: "timezone()", Data: zone},
	}
	var buffer proto.Buffer
	block := proto.Block{Info: proto.BlockInfo{BucketNum: -1}, Columns: len(input), Rows: 1}
	if err := block.EncodeBlock(&buffer, revision, input); err != nil {
		return nil, err
	}
	return buffer.Buf, nil
}
