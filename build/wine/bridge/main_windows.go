package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	var err error
	if name := strings.ToLower(filepath.Base(os.Args[0])); strings.TrimSuffix(name, ".exe") == "powershell" {
		err = record(os.Getenv("BECKMANCONNECT_RECORD"), os.Args[1:])
	} else {
		err = serve()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bridge:", err)
		os.Exit(1)
	}
}

// serve says its address on standard output and works until it is ended.
func serve() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("listening", l.Addr())
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer conn.Close()
			answer(conn)
		}()
	}
}

// answer does what the first line says. A pipe's bytes follow it both ways;
// everything else is answered with a line, "ok" or "error" before it.
func answer(conn net.Conn) {
	in := bufio.NewReader(conn)
	line, err := in.ReadString('\n')
	if err != nil {
		return
	}
	words := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
	if words[0] == "pipe" && len(words) == 2 {
		join(conn, in, words[1])
		return
	}
	said, err := do(words)
	if err != nil {
		fmt.Fprintf(conn, "error\t%v\n", err)
		return
	}
	fmt.Fprintf(conn, "ok\t%s\n", said)
}

func do(words []string) (string, error) {
	if len(words) != 2 {
		return "", errors.New("a word and what it is about are needed")
	}
	switch words[0] {
	case "watch": // the pipe with this name, from now on
		go watch(words[1])
		return "", nil
	case "text": // of the edit field in the window with this title
		text, err := editText(words[1])
		return fmt.Sprintf("%q", text), err
	case "foreground": // title of the window that has the keyboard
		return fmt.Sprintf("%q", foreground()), nil
	case "running": // program files with this name
		all, err := running(words[1])
		paths := make([]string, len(all))
		for i, p := range all {
			paths[i] = p.path
		}
		return strings.Join(paths, "\t"), err
	case "end": // what runs from this program file
		return "", end(words[1])
	}
	return "", fmt.Errorf("%q is not known", words[0])
}

// join copies between the story and a pipe until one of them ends.
func join(conn net.Conn, in io.Reader, name string) {
	pipe, err := open(name)
	if err != nil {
		return // the story sees the end
	}
	defer pipe.Close()
	ended := make(chan struct{}, 2)
	go func() { _, _ = io.Copy(pipe, in); ended <- struct{}{} }()
	go func() { _, _ = io.Copy(conn, pipe); ended <- struct{}{} }()
	<-ended
}

// record appends what PowerShell was to run: its arguments, and the script they
// name.
func record(file string, args []string) error {
	text := strings.Join(args, " ")
	for _, arg := range args {
		if script, err := os.ReadFile(arg); err == nil {
			text += "\n" + string(script)
		}
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text + "\n")
	return errors.Join(err, f.Close())
}
