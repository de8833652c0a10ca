#!/bin/sh
# 安装水宣，不需要网络。
#
#   sudo ./install.sh               装成系统服务：程序在 /opt/shuixuan，数据在 /var/lib/shuixuan
#   ./install.sh --folder 目录       只装到一个文件夹，不需要 root
#   sudo ./install.sh --rollback    换回升级前的版本
#
# 再次运行新安装包里的 install.sh 就是升级：数据和设置不动，旧版本留着，可以换回。
# 另有 --no-start：装好不启动；--prefix 目录：代替 /opt/shuixuan（服务文件随之改写）。
set -eu
umask 022

say() { printf '%s\n' "$*" >&2; }
fail() { say "没有装上：$*"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

here=$(cd "$(dirname "$0")" && pwd -P)
folder='' start=yes rollback=no prefix=/opt/shuixuan
data=/var/lib/shuixuan settings=/etc/shuixuan account=shuixuan
while [ $# -gt 0 ]; do
	case $1 in
	--folder) [ $# -gt 1 ] || fail '--folder 后面要写目录'; folder=$2; shift ;;
	--prefix) [ $# -gt 1 ] || fail '--prefix 后面要写目录'; prefix=$2; shift ;;
	--no-start) start=no ;;
	--rollback) rollback=yes ;;
	*) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
	esac
	shift
done

# running: is systemd what runs this machine?
running() { [ -d /run/systemd/system ] && has systemctl; }
field() { sed -n "s/^$1=//p" "$settings/shuixuan.env" 2>/dev/null | tail -n 1; }

# begin starts the service; systemd comes back when it answers.
begin() {
	if ! systemctl restart shuixuan; then
		say '服务没有启动好。请看 journalctl -u shuixuan -n 50'
		[ ! -e "$prefix/previous" ] || say "要换回升级前的版本：$prefix/current/install.sh --rollback"
		exit 1
	fi
	listen=$(field SHUIXUAN_LISTEN)
	say "水宣已启动，监听 ${listen:-127.0.0.1:8080}。状态：systemctl status shuixuan"
}

# point makes a link lead elsewhere in one step.
point() { ln -sfn "$1" "$2.new" && mv -Tf "$2.new" "$2"; }

roll_back() {
	[ "$(id -u)" = 0 ] || fail '换回旧版本要用 root：sudo ./install.sh --rollback'
	[ -e "$prefix/previous/shuixuan" ] || fail "$prefix 里没有升级前的版本"
	new=$(readlink "$prefix/current") old=$(readlink "$prefix/previous")
	running && systemctl stop shuixuan
	point "$old" "$prefix/current"
	point "$new" "$prefix/previous"
	say "现在用的是 $(cat "$prefix/current/VERSION")。"
	say '如果启动时说“数据库已由更新版本升级”，旧版本打不开现在的数据：请恢复升级前的备份，或再运行一次 --rollback 换回新版本。'
	if running && [ $start = yes ]; then begin; fi
	exit 0
}

# check tells what is wrong with this machine or this package before anything is changed.
check() {
	[ "$(uname -sm)" = 'Linux x86_64' ] || fail "这个安装包用于 Linux x86_64，本机是 $(uname -sm)"
	for tool in sha256sum sed awk readlink mktemp df; do has $tool || fail "缺少命令 $tool，请先安装 coreutils、sed、awk"; done
	[ -f "$here/SHA256SUMS" ] || fail "安装包不完整：$here 里没有 SHA256SUMS"
	(cd "$here" && sha256sum -c SHA256SUMS >/dev/null 2>&1) ||
		fail "安装包在传输中损坏或被改动：$(cd "$here" && sha256sum -c SHA256SUMS 2>/dev/null | sed -n 's/: FAILED.*//p' | tr '\n' ' ')请重新拷贝后再试"
	version=$(cat "$here/VERSION")
}

# room: is there space for the program in this folder's disk?
room() {
	free=$(df -Pk "$1" | awk 'NR == 2 { print $4 }' 2>/dev/null || echo 99999999)
	[ "$free" -gt 1000000 ] || fail "$1 所在的磁盘只剩 $((free / 1024)) MB，程序要 700 MB，请先清理"
}

# try_out runs the new program once with an empty data folder: does the engine load here?
try_out() {
	trial=$(mktemp -d)
	if ! "$1/shuixuan" migrate --data "$trial/data" >"$trial/said" 2>&1; then
		sed 's/^/  /' "$trial/said" >&2
		rm -rf "$trial"
		fail '程序在这台机器上跑不起来，原因见上。需要用 glibc 的 Linux（不是 Alpine 的 musl）和支持 SSE4.2 的处理器'
	fi
	rm -rf "$trial"
}

# copy puts the package into a folder, as a whole or not at all.
copy() {
	rm -rf "$1.part"
	mkdir -p "$1.part/docs"
	(cd "$here" && while read -r sum file; do cp -p "$file" "$2.part/$file"; done <SHA256SUMS && cp -p SHA256SUMS "$2.part/") || fail "不能写入 $1"
	rm -rf "$1"
	mv "$1.part" "$1"
}

into_folder() {
	mkdir -p "$folder" || fail "不能建文件夹 $folder"
	folder=$(cd "$folder" && pwd -P)
	[ "$folder" != "$here" ] || fail '请选安装包以外的文件夹'
	room "$folder"
	mkdir -p "$folder/versions" && copy "$folder/versions/$version" "$folder/versions/$version"
	try_out "$folder/versions/$version"
	keep "$folder"
	say "水宣 $version 已装到 $folder。启动："
	say "  $folder/current/shuixuan serve --data $folder/data --listen 127.0.0.1:8080"
	say "第一个账号（先于启动）：$folder/current/shuixuan user add 登录名 --name 姓名 --role admin --data $folder/data"
}

# keep switches to the new version, keeps the one before and removes older ones.
keep() {
	old=$(readlink "$1/current" 2>/dev/null || true)
	if [ -n "$old" ] && [ "$old" != "versions/$version" ]; then point "$old" "$1/previous"; fi
	point "versions/$version" "$1/current"
	for one in "$1"/versions/*; do
		case versions/${one##*/} in
		"$(readlink "$1/current")" | "$(readlink "$1/previous" 2>/dev/null)") ;;
		*) rm -rf "$one" ;;
		esac
	done
}

# make_account adds the account that the service runs as. It can't sign in.
make_account() {
	grep -q "^$account:" /etc/passwd && return
	has getent && getent passwd "$account" >/dev/null && return
	shell=/usr/sbin/nologin; [ -e $shell ] || shell=/sbin/nologin
	if has useradd; then
		useradd --system --user-group --home-dir "$data" --no-create-home --shell $shell "$account"
	elif has adduser && has addgroup; then # busybox
		addgroup -S "$account" && adduser -S -D -H -h "$data" -s $shell -G "$account" "$account"
	else
		fail "不能建账户 $account：没有 useradd。请先建好这个账户，或用 --folder 安装"
	fi
}

into_system() {
	[ "$(id -u)" = 0 ] || fail '装成系统服务要用 root：sudo ./install.sh；没有 root 时：./install.sh --folder 目录'
	mkdir -p "$prefix/versions" || fail "不能建文件夹 $prefix"
	room "$prefix"
	copy "$prefix/versions/$version" "$prefix/versions/$version"
	try_out "$prefix/versions/$version"
	make_account
	mkdir -p "$data" "$settings"
	chown "$account:$account" "$data" && chmod 0750 "$data"
	chgrp "$account" "$settings" && chmod 0750 "$settings"
	[ -e "$settings/shuixuan.env" ] || { cp "$here/shuixuan.env" "$settings/" && chgrp "$account" "$settings/shuixuan.env" && chmod 0640 "$settings/shuixuan.env"; }
	upgrade=no; [ ! -e "$prefix/current" ] || upgrade=yes
	running && [ $upgrade = yes ] && systemctl stop shuixuan 2>/dev/null || true
	keep "$prefix"
	mkdir -p /usr/local/bin /etc/systemd/system
	ln -sfn "$prefix/current/shuixuan" /usr/local/bin/shuixuan
	sed "s,/opt/shuixuan,$prefix,g" "$here/shuixuan.service" >/etc/systemd/system/shuixuan.service
	chmod 0644 /etc/systemd/system/shuixuan.service
	say "水宣 $version 已装到 $prefix，数据在 $data，设置在 $settings/shuixuan.env。"
	if [ $upgrade = yes ] && [ -e "$prefix/previous" ]; then say "上一版本 $(cat "$prefix/previous/VERSION") 留着，换回：$prefix/current/install.sh --rollback"; fi
	if ! running; then
		say "这里没有 systemd，服务没有启动。手工启动：用账户 $account 运行 $prefix/current/shuixuan serve --data $data"
	else
		systemctl daemon-reload
		systemctl enable --quiet shuixuan
		if [ $start = yes ]; then begin; fi
	fi
	if [ $upgrade = no ]; then
		say '第一个账号（会打印一次性的邀请链接；数据文件夹一次只能由一个程序打开，所以先停服务）：'
		say '  sudo systemctl stop shuixuan'
		say "  sudo -u $account shuixuan user add 登录名 --name 姓名 --role admin --data $data"
		say '  sudo systemctl start shuixuan'
	fi
	has chromium || has chromium-browser || has google-chrome || has google-chrome-stable ||
		say '没有找到 Chromium：网页都能用，不能直接下载 PDF（可以在浏览器里打印）。需要时另装 chromium 和中文字体，见 docs/operations.md'
}

[ $rollback = no ] || roll_back
check
if [ -n "$folder" ]; then into_folder; else into_system; fi
