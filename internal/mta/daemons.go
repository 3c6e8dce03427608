package mta

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// StartPostfix starts Postfix and waits until it takes mail.
func (in *Instance) StartPostfix() error {
	if err := in.postfix("start"); err != nil {
		return err
	}
	for _, addr := range []string{in.Submission, in.App} {
		err := await(context.Background(), "Postfix on "+addr, func() bool {
			conn, err := net.DialTimeout("tcp4", addr, time.Second)
			if err != nil {
				return false
			}
			conn.Close()
			return true
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// StopPostfix stops Postfix if it runs and waits for its end: what "postfix stop" does,
// without its naps.
func (in *Instance) StopPostfix() error {
	pid := in.master()
	if pid == 0 {
		return nil
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("stop Postfix: %w", err)
	}
	err := await(context.Background(), "the end of Postfix", func() bool { return in.master() == 0 })
	if err != nil {
		return err
	}
	return in.reap(pid)
}

// KillPostfix ends Postfix's master and all its daemons at once with SIGKILL.
func (in *Instance) KillPostfix() error {
	pid := in.master()
	if pid == 0 {
		return errors.New("kill Postfix: it does not run")
	}
	return in.reap(pid)
}

// reap kills what is left of the process group that master(8) leads.
func (in *Instance) reap(pid int) error {
	err := syscall.Kill(-pid, syscall.SIGKILL)
	if err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("kill Postfix: %w", err)
	}
	return await(context.Background(), "the end of Postfix", func() bool {
		return in.master() == 0 && errors.Is(syscall.Kill(-pid, 0), syscall.ESRCH)
	})
}

// Reload makes Postfix read its configuration again.
func (in *Instance) Reload() error { return in.postfix("reload") }

// Set changes one parameter of main.cf; Reload makes it hold.
func (in *Instance) Set(name, value string) error {
	out, err := in.Command(context.Background(), "postconf", "-c", in.Config, "-e",
		name+"="+value).CombinedOutput()
	if err != nil {
		return fmt.Errorf("set %s: %w: %s", name, err, out)
	}
	return nil
}

func (in *Instance) postfix(verb string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := in.Command(ctx, "postfix", "-c", in.Config, verb)
	// A file, not a pipe: the daemons inherit it and would keep a pipe open.
	out, err := os.CreateTemp(in.Dir, verb)
	if err != nil {
		return err
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("postfix %s: %w: %s", verb, err, read(out.Name()))
	}
	return nil
}

// master returns the process id of a running master(8), or 0.
func (in *Instance) master() int {
	text, err := os.ReadFile(in.Queue + "/pid/master.pid")
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	// The file outlives a killed master, and its number may be another's by then.
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || !strings.Contains(string(name), "master") {
		return 0
	}
	return pid
}

// StartDovecot starts Dovecot and waits until its socket for Postfix is there.
func (in *Instance) StartDovecot() error {
	socket := in.Queue + "/private/auth"
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	out, err := os.Create(in.Dir + "/dovecot.out")
	if err != nil {
		return err
	}
	defer out.Close()
	cmd, err := in.withPAM(in.Command(context.Background(), "dovecot", "-F", "-c",
		in.Dir+"/dovecot/dovecot.conf"))
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = ownGroup()
	if err = cmd.Start(); err != nil {
		return fmt.Errorf("start dovecot: %w", err)
	}
	in.dovecot, in.gone = cmd, make(chan struct{})
	go func(gone chan struct{}) {
		cmd.Wait()
		close(gone)
	}(in.gone)
	err = await(context.Background(), "Dovecot's socket", func() bool {
		_, err := os.Stat(socket)
		return err == nil
	})
	if err != nil {
		return fmt.Errorf("%w: %s%s", err, read(out.Name()), in.DovecotLog())
	}
	return nil
}

// StopDovecot stops Dovecot if it runs and waits for its end.
func (in *Instance) StopDovecot() error { return in.endDovecot(syscall.SIGTERM) }

// KillDovecot ends Dovecot and its children at once with SIGKILL.
func (in *Instance) KillDovecot() error { return in.endDovecot(syscall.SIGKILL) }

func (in *Instance) endDovecot(signal syscall.Signal) error {
	if in.dovecot == nil {
		return nil
	}
	group := in.dovecot.Process.Pid
	target := group
	if signal == syscall.SIGKILL {
		target = -group
	}
	if err := syscall.Kill(target, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("end Dovecot: %w", err)
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-in.gone:
	case <-timer.C:
		return errors.New("end Dovecot: it does not end")
	}
	in.dovecot = nil
	err := syscall.Kill(-group, syscall.SIGKILL)
	if err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("end Dovecot's children: %w", err)
	}
	return nil
}

// ownGroup keeps a terminal's interrupt from our children, and makes one kill reach all.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
