package embedded

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// The engine within a process knows one user, who may do anything. The files give that user
// two roles and nothing besides: all connections begin with both, and one that serves
// strangers (guest.go) puts the first off before it takes a statement, and has the rights
// of the second. Neither a setting nor a text takes it back: SET ROLE is no reading.
//
// A server has users for this; there, the operator makes one (docs/open-data.md).
const (
	guestRole = "shuixuan_guest"
	// GuestDatabases is the beginning of the names of databases that guests read.
	GuestDatabases = "open_"

	accessFolder = "access"
)

const usersFile = `<clickhouse>
    <profiles><default/></profiles>
    <quotas><default/></quotas>
    <roles>
        <shuixuan_program><grants><query>GRANT ALL ON *.* WITH GRANT OPTION</query></grants></shuixuan_program>
        <` + guestRole + `><grants><query>GRANT SELECT ON ` + GuestDatabases + `*.*</query></grants></` + guestRole + `>
    </roles>
    <users>
        <default>
            <password></password>
            <networks><ip>::/0</ip></networks>
            <profile>default</profile>
            <quota>default</quota>
            <grants><query>GRANT shuixuan_program, ` + guestRole + `</query></grants>
        </default>
    </users>
</clickhouse>
`

// writeAccess writes the files that the engine reads its rights from when it starts, and
// gives the path of the first. What is there already as it should be isn't written again:
// a full disk stops no start.
func writeAccess(dir string) (string, error) {
	folder := filepath.Join(dir, accessFolder)
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return "", fmt.Errorf("%w: %w", reason(err), err)
	}
	users, config := filepath.Join(folder, "users.xml"), filepath.Join(folder, "config.xml")
	var place bytes.Buffer
	if err := xml.EscapeText(&place, []byte(users)); err != nil {
		return "", err
	}
	for path, text := range map[string]string{
		users:  usersFile,
		config: "<clickhouse><users_config>" + place.String() + "</users_config></clickhouse>\n",
	} {
		held, err := os.ReadFile(path)
		if err == nil && string(held) == text {
			continue
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("%w: %w", reason(err), err)
		}
		next := path + ".next"
		if err := errors.Join(os.WriteFile(next, []byte(text), 0o640), os.Rename(next, path)); err != nil {
			return "", fmt.Errorf("%w: %w", reason(err), err)
		}
	}
	return config, nil
}
