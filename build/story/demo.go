package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"

	"beckmanconnect/build/stage"
)

// demo starts everything for a person and stays until Ctrl-C. On a desktop it
// uses that desktop; without one it makes its own.
func demo(ctx context.Context, o options) error {
	house, err := stage.Open(ctx, stage.Config{Dir: o.dir, Bin: o.bin, Package: o.first, Scanner: true, Progress: func(what string) { fmt.Println("  " + what) }})
	if err != nil {
		return err
	}
	defer house.Close()
	desktop := stage.OwnDisplay()
	var env []string
	if desktop == nil {
		fmt.Println("  no display here: making a desktop")
		_, made, hand, err := house.TechnicianDesktop(ctx, 1280, 800)
		if err != nil {
			return err
		}
		desktop, env = made, append(env, hand.LayoutEnv())
	}
	folder, err := house.SmallFolder(ctx, "small")
	if err != nil {
		return err
	}
	if err := house.StartScanner(ctx); err != nil {
		return err
	}
	fmt.Println("  instrument PC")
	pc, err := house.AddPC(ctx, stage.PCConfig{Name: "pc1", Policy: sitePolicy, Folder: folder})
	if err != nil {
		return err
	}
	if err := pc.LogOn(desktop, env...); err != nil {
		return err
	}
	if o.release != "" {
		if err := house.Release(ctx, o.release); err != nil {
			return err
		}
	}
	address, err := house.OpenDesk(ctx)
	if err != nil {
		return err
	}
	fmt.Printf(`
Everything runs, under %s.

  technician   the icon in the tray of display %s (Set up … comes first)
  engineer     %s
               account %s, password %s
  instrument   echo "$(date '+%%F %%T') ERROR SYR-02 Sample syringe worn" >> %s
  IT           %s --config %s status

Ctrl-C ends all of it.
`, o.dir, desktop.Name, address, stage.EngineerAccount, stage.EngineerPassword, pc.Log, pc.Program("beckmanctl"), pc.Config)
	if os.Getenv("DISPLAY") != "" {
		if browser, err := exec.LookPath("xdg-open"); err == nil {
			_ = exec.CommandContext(ctx, browser, address).Start() // the address is printed too
		}
	}
	<-ctx.Done()
	fmt.Println("\nEnding …")
	return nil
}
