package backup

import (
	"errors"
	"fmt"
	"os"

	"filippo.io/age"

	"shuixuan/app/problem"
)

// Key is what a backup is encrypted to and read by. Nil is no encryption.
type Key struct {
	identities []age.Identity
	recipients []age.Recipient

	Exposed bool // everybody on this machine may read the file, and that can't be changed
}

// ReadKey reads a key file: lines as age-keygen writes them. A file may hold several keys, so
// that older backups stay readable after a change; the last one is written with.
func ReadKey(file string) (*Key, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, problem.Invalid("备份密钥打不开", fmt.Sprintf("请核对密钥文件的路径“%s”，并确认运行水宣的账户可以读取。", file)).Because(err)
	}
	defer f.Close()
	k := &Key{Exposed: exposed(file)}
	if k.identities, err = age.ParseIdentities(f); err != nil {
		return nil, notAKey(file, err)
	}
	switch last := k.identities[len(k.identities)-1].(type) {
	case *age.X25519Identity:
		k.recipients = []age.Recipient{last.Recipient()}
	case *age.HybridIdentity:
		k.recipients = []age.Recipient{last.Recipient()}
	default:
		return nil, notAKey(file, fmt.Errorf("a key of kind %T", last))
	}
	return k, nil
}

// exposed closes a key file to everybody but its owner and group, which may be that of the service,
// and tells where that can't be done: on a stick as they are carried about. It is read all the same.
func exposed(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Mode().Perm()&0o007 != 0 && os.Chmod(file, info.Mode().Perm()&^0o007) != nil
}

func notAKey(file string, err error) error {
	return problem.Invalid("这不是备份密钥", fmt.Sprintf("“%s”里没有 AGE-SECRET-KEY- 开头的密钥。请用 shuixuan backup key --out FILE 生成，或用 age-keygen。", file)).Because(err)
}

// NewKey makes a key and keeps it in a file that nothing was in before, for its owner alone.
func NewKey(file string) (public string, err error) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return "", err
	}
	public = identity.Recipient().String()
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return "", taken(file)
	}
	if err != nil {
		return "", cantWrite(file, err)
	}
	_, err = fmt.Fprintf(f, "# public key: %s\n%s\n", public, identity)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(cantWrite(file, err), os.Remove(file))
	}
	return public, nil
}
