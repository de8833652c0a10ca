// Package sealkey keeps the Ed25519 key by which an installation seals its dossiers: two
// files in the data folder, one secret and one to give away.
//
// # Why
//
// A dossier is worth what its key is worth, so the key is made once and never replaced by the
// program: a new one would make every earlier dossier look like somebody else's. The public
// file is more than a copy. It stands for the dossiers that were sealed: where it is and the
// secret is not, the secret was lost, and a person has to decide. Both files are durable
// before the key is given to anybody.
//
// It is apart from package seal, which signs and checks with a key it is given and knows no
// folder, and from the database, since several servers of one database may share a folder and
// a dossier is checked without either.
package sealkey

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"shuixuan/app/problem"
	"shuixuan/dashboards/seal"
)

// Names of the files in the data folder.
const (
	SecretFile = "seal.key" // PKCS #8 in PEM, for its owner alone
	PublicFile = "seal.pub" // SubjectPublicKeyInfo in PEM
)

// Key is the key of an installation.
type Key struct{ Private ed25519.PrivateKey }

// Public gives the half that anybody may have.
func (k Key) Public() ed25519.PublicKey { return k.Private.Public().(ed25519.PublicKey) }

// Fingerprint gives what people compare, see seal.Fingerprint.
func (k Key) Fingerprint() string { return seal.Fingerprint(k.Public()) }

// Folder is where the key lies.
type Folder struct {
	dir string

	mu  sync.Mutex
	key *Key
}

// In gives the folder; nothing is read or made yet.
func In(dir string) *Folder { return &Folder{dir: dir} }

// Key gives the key, and makes it when there never was one. What is wrong with the files is
// a Problem; when somebody has mended them the next call finds it out.
func (f *Folder) Key() (Key, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.key != nil {
		return *f.key, nil
	}
	key, err := f.open()
	if err != nil {
		return Key{}, err
	}
	f.key = &key
	return key, nil
}

func (f *Folder) open() (Key, error) {
	public, err := f.Public()
	never := errors.Is(err, fs.ErrNotExist)
	if err != nil && !never {
		return Key{}, err
	}
	key, err := f.secret()
	switch {
	case errors.Is(err, fs.ErrNotExist) && !never:
		return Key{}, lost(f.dir, seal.Fingerprint(public))
	case errors.Is(err, fs.ErrNotExist):
		if key, err = f.make(); err != nil {
			return Key{}, err
		}
	case err != nil:
		return Key{}, err
	}
	if never {
		// The first time, or after a crash between the two files.
		if err := place(f.dir, PublicFile, seal.PublicPEM(key.Public()), 0o644); err != nil {
			return Key{}, notWritten(f.dir, err)
		}
		if public, err = f.Public(); err != nil {
			return Key{}, err
		}
	}
	if !key.Public().Equal(public) {
		return Key{}, mismatched(f.dir, key.Fingerprint(), seal.Fingerprint(public))
	}
	return key, nil
}

// Public reads the public file alone: it answers for who may not read the secret, and makes
// nothing. Where there is none the error is fs.ErrNotExist.
func (f *Folder) Public() (ed25519.PublicKey, error) {
	text, err := os.ReadFile(filepath.Join(f.dir, PublicFile))
	if err != nil {
		return nil, unreadable(f.dir, PublicFile, err)
	}
	public, err := seal.ParsePublicPEM(text)
	if err != nil {
		return nil, broken(f.dir, PublicFile, err)
	}
	return public, nil
}

// secret reads the secret file. One that others may read, after it came back from a backup
// say, is closed to them.
func (f *Folder) secret() (Key, error) {
	file := filepath.Join(f.dir, SecretFile)
	info, err := os.Stat(file)
	if err != nil {
		return Key{}, unreadable(f.dir, SecretFile, err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		if err := os.Chmod(file, 0o600); err != nil {
			return Key{}, exposed(f.dir, err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return Key{}, unreadable(f.dir, SecretFile, err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return Key{}, broken(f.dir, SecretFile, errors.New("not PEM"))
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return Key{}, broken(f.dir, SecretFile, err)
	}
	private, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return Key{}, broken(f.dir, SecretFile, errors.New("not a key of Ed25519"))
	}
	return Key{private}, nil
}

// make makes the key. Of several programs that do so at once one comes first, and all have
// its key.
func (f *Folder) make() (Key, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Key{}, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return Key{}, err
	}
	if err := place(f.dir, SecretFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		return Key{}, notWritten(f.dir, err)
	}
	return f.secret()
}

// place writes a whole file under a name that nothing has yet, and makes both durable. What
// is there already stays. A link is made and no file renamed, since only a link refuses to
// replace.
func place(dir, name string, content []byte, mode fs.FileMode) error {
	temp, err := os.CreateTemp(dir, name+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	defer temp.Close()
	if _, err := temp.Write(content); err != nil {
		return err
	}
	if err := errors.Join(temp.Chmod(mode), temp.Sync()); err != nil {
		return err
	}
	if err := os.Link(temp.Name(), filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// What people read when the key can't be had.

func unreadable(dir, name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return problem.Unavailable("封存密钥读不出来", fmt.Sprintf("请确认运行水宣的账户可以读取 %s。卷宗暂时不能封存，其他功能不受影响。", filepath.Join(dir, name))).Because(err)
}

func broken(dir, name string, err error) error {
	return problem.Unavailable("封存密钥文件已损坏",
		fmt.Sprintf("%s 不是有效的密钥。请从备份里恢复 %s 和 %s 两个文件，不要新建：换了密钥，以前封存的卷宗就会被认作别人的。", filepath.Join(dir, name), SecretFile, PublicFile)).Because(err)
}

func lost(dir, fingerprint string) error {
	return problem.Unavailable("封存密钥不见了",
		fmt.Sprintf("数据文件夹里有公钥 %s（指纹 %s），却没有密钥 %s：以前用它封存过卷宗。请从备份里恢复 %s。确实找不回来的，把 %s 改名留存（核验以前的卷宗要用它），再封存时会新建密钥，新指纹要重新公布。",
			PublicFile, seal.Grouped(fingerprint), filepath.Join(dir, SecretFile), SecretFile, PublicFile))
}

func mismatched(dir, secret, public string) error {
	return problem.Unavailable("封存密钥与公钥不是一对",
		fmt.Sprintf("%s 的指纹是 %s，%s 的指纹是 %s，其中一个被换过。请从同一份备份里恢复这两个文件。", filepath.Join(dir, SecretFile), seal.Grouped(secret), PublicFile, seal.Grouped(public)))
}

func exposed(dir string, err error) error {
	return problem.Unavailable("封存密钥会被别的账户读到", fmt.Sprintf("请把 %s 的权限改为 0600，所有者改为运行水宣的账户。", filepath.Join(dir, SecretFile))).Because(err)
}

func notWritten(dir string, err error) error {
	return problem.Unavailable("封存密钥没有写成", fmt.Sprintf("请确认磁盘没有满，运行水宣的账户可以写入 %s。还没有用过任何密钥，处理以后再试即可。", dir)).Because(err)
}
