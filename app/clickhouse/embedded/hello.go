package embedded

import (
	"bytes"
	"fmt"
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

// emptyBlock turns the answer of DESCRIBE TABLE into a block of revision 0 with
// its columns and no rows.
func emptyBlock(described []byte) ([]byte, error) {
	name, typ := new(proto.ColStr), new(proto.ColStr)
	results := proto.Results{{Name: "name", Data: name}, {Name: "type", Data: typ}}
	for _, rest := range []string{"default_type", "default_expression", "comment", "codec_expression", "ttl_expression"} {
		results = append(results, proto.ResultColumn{Name: rest, Data: new(proto.ColStr)})
	}
	var block proto.Block
	if err := block.DecodeRawBlock(proto.NewReader(bytes.NewReader(described)), 0, results); err != nil {
		return nil, fmt.Errorf("decode description: %w", err)
	}
	var buffer proto.Buffer
	buffer.PutInt(name.Rows())
	buffer.PutInt(0)
	for i := range name.Rows() {
		buffer.PutString(name.Row(i))
		buffer.PutString(typ.Row(i))
	}
	return buffer.Buf, nil
}
