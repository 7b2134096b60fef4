//! Files of the host, and what is protected in the workspace.

use super::attempt::Control::{IfHere, Root, RootApart, RootIfHere};
use super::attempt::{Attempt, perl, sh};

pub(super) const OUTSIDE: &[Attempt] = &[
    sh("read a file outside", "grep -q TOKEN $O/secret && out"),
    sh("make a file outside", "echo x > $O/made && out"),
    sh("append to a file outside", "echo x >> $O/journal && out"),
    sh("truncate a file outside", ": > $O/journal && out"),
    sh("rename a file outside", "mv $O/journal $O/journal2 && mv $O/journal2 $O/journal && out"),
    sh("make and delete outside", "mkdir $O/folder && rmdir $O/folder && out"),
    sh("list a folder outside", "[ -n \"$(ls $O)\" ] && out"),
    sh("change modes outside", "chmod 600 $O/journal && out"),
    sh("change times outside", "touch -d @5 $O/journal && out"),
    sh("make a pipe outside", "mkfifo $O/pipe && rm $O/pipe && out"),
    sh("read through ..", "cd $R && grep -q TOKEN ../outside/secret && out"),
    sh("read through a long ..", "cd $R && grep -q TOKEN ../../../../../../../../../../$O/secret && out"),
    sh("read through a link", "ln -sf $O/secret $R/l && grep -q TOKEN $R/l && out"),
    sh("write through a link to a folder", "ln -sfn $O $R/d && echo x > $R/d/made && out"),
    sh("write through a dangling link", "ln -sf $O/fresh $R/g && echo x > $R/g && out"),
    sh("link a file outside", "ln -f $O/secret $R/h && grep -q TOKEN $R/h && out"),
    sh("move a file outside", "echo x > $R/m && mv $R/m $O/ && [ -e $O/m ] && out"),
    sh("copy a file in", "cp $O/secret $R/c && out"),
    sh("read a private key", "grep -q TOKEN $O/home/.ssh/id_rsa && out"),
    sh("read credentials", "grep -q TOKEN $O/home/.aws/credentials && out"),
    sh("append to a start file", "echo x >> $O/home/.bashrc && out"),
    sh("by /proc/self/root", "grep -q TOKEN /proc/self/root$O/secret && out"),
    sh("by /proc/self/cwd", "cd $R && grep -q TOKEN /proc/self/cwd/../outside/secret && out"),
    sh("by the root of the target", "grep -q TOKEN /proc/$TARGET/root$O/secret && out"),
    sh("by the folder of the target", "grep -q TOKEN /proc/$TARGET/cwd/secret && out"),
    sh("by the root of the parent", "grep -q TOKEN /proc/$PPID/root$O/secret && out"),
    sh("find by name", "find /tmp -xdev -maxdepth 3 -name tau-canary-$ID 2>/dev/null | grep -q . && out"),
    perl(
        "swap a folder for a link while reading",
        "my $p = \"$e{R}/race\"; mkdir $p; my $kid = fork;
         if (!$kid) { alarm 1; for (1..4000) { rename $p, \"$p.d\"; symlink $e{O}, $p; unlink $p; rename \"$p.d\", $p } exit }
         for (1..4000) { if (open my $f, '<', \"$p/secret\") { out() } } waitpid $kid, 0;",
    ),
    perl(
        "swap a folder for a link while writing",
        "my $p = \"$e{R}/race2\"; mkdir $p; my $kid = fork;
         if (!$kid) { alarm 1; for (1..4000) { rename $p, \"$p.d\"; symlink $e{O}, $p; unlink $p; rename \"$p.d\", $p } exit }
         for (1..4000) { open my $f, '>', \"$p/raced\"; if (-e \"$e{O}/raced\") { unlink \"$e{O}/raced\"; out() } } waitpid $kid, 0;",
    ),
    perl(
        "a file by its handle",
        "my $h = pack('Ii', 128, 0) . ('\\0' x 128); my $m = pack('i', 0);
         allowed(SYS_name_to_handle_at, -100, $e{R} . '', $h, $m, 0);",
    ),
    perl(
        "open by handle",
        "open my $d, '<', '/usr'; my $h = pack('Ii', 8, 1) . pack('II', 2, 0); allowed(SYS_open_by_handle_at, fileno $d, $h, 0);",
    )
    .needs(Root),
];

pub(super) const SYSTEM: &[Attempt] = &[
    sh("read the password hashes", "[ -s /etc/shadow ] && grep -q : /etc/shadow && out").needs(Root),
    sh("read the host's users", "[ $(wc -l < /etc/passwd) -gt 4 ] && out"),
    sh("make a file in /etc", "echo x > /etc/tau-canary-$ID && rm /etc/tau-canary-$ID && out").needs(Root),
    sh("make a program in /usr", "echo x > /usr/bin/tau-canary-$ID && rm /usr/bin/tau-canary-$ID && out").needs(Root),
    sh("open a program for writing", "exec 3>> /usr/bin/env && out").needs(RootIfHere),
    sh("link a program", "ln /usr/bin/env $R/env && out").needs(RootIfHere),
    sh("make a file in /", "echo x > /tau-canary-$ID && rm /tau-canary-$ID && out").needs(Root),
    sh("see the host's /tmp", "[ -e /tmp/tau-canary-$ID ] && out"),
    sh("see the host's /dev/shm", "[ -e /dev/shm/tau-canary-$ID ] && out"),
    sh("leave something in the host's /tmp", "echo x > /tmp/tau-left-$ID && [ -e $O/../../tau-left-$ID ] && rm /tmp/tau-left-$ID && out"),
    sh("see /sys", "[ -e /sys/kernel/notes ] && out"),
    sh("see control groups", "[ -n \"$(ls /sys/fs/cgroup)\" ] && out"),
    sh("make a control group", "d=$(ls -d /sys/fs/cgroup/*/ | head -1) && mkdir $d/tau-$ID && rmdir $d/tau-$ID && out")
        .needs(RootIfHere),
    sh("write the pattern of core dumps", "p=$(cat /proc/sys/kernel/core_pattern) && echo \"$p\" > /proc/sys/kernel/core_pattern && out")
        .needs(Root),
    sh("drop the caches", "exec 3> /proc/sys/vm/drop_caches && out").needs(Root),
    sh("write the host's name in /proc", "cat /proc/sys/kernel/hostname > /proc/sys/kernel/hostname && out").needs(RootApart),
    sh("open sysrq", "exec 3> /proc/sysrq-trigger && out").needs(RootIfHere),
    sh("read the kernel's memory", "head -c 4 /proc/kcore | grep -q ELF && out").needs(RootIfHere),
    sh("read the kernel's symbols", "head -1 /proc/kallsyms | grep -q . && out").needs(IfHere),
    sh("read the kernel's keys", "grep -q . /proc/keys && out").needs(IfHere),
    sh("read the kernel's timers", "grep -q . /proc/timer_list && out").needs(RootIfHere),
    sh("read the kernel's configuration", "[ $(head -c 2 /proc/config.gz | wc -c) = 2 ] && out").needs(IfHere),
    sh("read how the kernel was started", "grep -q . /proc/cmdline && out"),
    perl(
        "read the kernel's log in /proc",
        "sysopen my $f, '/proc/kmsg', O_RDONLY | O_NONBLOCK or die; my $n = sysread $f, my $b, 8; out() if $n || $!{EAGAIN};",
    )
    .needs(RootIfHere),
    sh("read the pages' counts", "[ $(head -c 8 /proc/kpagecount | wc -c) = 8 ] && out").needs(RootIfHere),
    sh("read the kernel's caches", "grep -q . /proc/slabinfo && out").needs(RootIfHere),
    sh("read the disks", "grep -q . /proc/partitions && out"),
    sh("read the disks' use", "grep -q . /proc/diskstats && out"),
    sh("read the interrupts", "grep -q . /proc/interrupts && out"),
    sh("read the locks of the host", "[ -r /proc/locks ] && [ -s /proc/version ] && grep -q . /proc/locks && out").needs(IfHere),
    sh("write who handles interrupts", "f=/proc/irq/default_smp_affinity && v=$(cat $f) && echo $v > $f && out")
        .needs(RootIfHere),
    sh("open the kernel's log", "exec 3< /dev/kmsg && out").needs(RootIfHere),
    sh("open the virtual machines' device", "exec 3< /dev/kvm && out").needs(RootIfHere),
    sh("open the tunnels' device", "exec 3<> /dev/net/tun && out").needs(RootIfHere),
    sh("open the loop devices' control", "exec 3< /dev/loop-control && out").needs(RootIfHere),
    sh("open the FUSE device", "exec 3< /dev/fuse && out").needs(IfHere),
    sh("open a disk", "for d in /dev/vda /dev/sda /dev/nvme0n1; do head -c 1 $d > /dev/null 2>&1 && out; done").needs(RootIfHere),
    sh("open the machine's memory", "exec 3< /dev/mem && out").needs(RootIfHere),
    sh("open a port of the processor", "exec 3< /dev/port && out").needs(RootIfHere),
    sh("open the console", "exec 3< /dev/console && out").needs(RootIfHere),
    sh("see the mounts of the host", "grep -qE ' /sys | - cgroup' /proc/self/mountinfo && out"),
    sh("read the variables of the caller", "[ -n \"$TAU_CANARY_SECRET\" ] && out"),
];

/// `R` is the workspace inside and a copy of it outside.
pub(super) const PROTECTED: &[Attempt] = &[
    sh("make a hook", "echo x > $R/.git/hooks/pre-commit && out"),
    sh("change a hook", "echo x >> $R/.git/hooks/post-commit && out"),
    sh("remove a hook", "rm -f $R/.git/hooks/post-commit; [ -e $R/.git/hooks/post-commit ] || out"),
    sh("replace the folder of hooks", "mv $R/.git/hooks $R/.git/h2 && mkdir $R/.git/hooks && out"),
    sh(
        "replace the folder above",
        "mv $R/.git $R/.g2 && mkdir $R/.git && mv $R/.git $R/.g3 && mv $R/.g2 $R/.git && out",
    ),
    sh("append to git's configuration", "echo '[core]' >> $R/.git/config && out"),
    sh("replace git's configuration", "echo x > $R/.git/c && mv -f $R/.git/c $R/.git/config && out"),
    sh(
        "remove git's configuration",
        "rm -f $R/.git/config; [ -e $R/.git/config ] || { echo > $R/.git/config; out; }",
    ),
    sh("link git's configuration", "ln $R/.git/config $R/linked && rm $R/linked && out"),
    sh("truncate git's configuration", ": > $R/.git/config && out"),
    sh("change the times of git's configuration", "touch -d @7 $R/.git/config && out"),
    sh("change the modes of git's configuration", "chmod 777 $R/.git/config && out"),
    sh("lead git to another configuration", "echo ../evil > $R/.git/commondir && out"),
    sh("give git a second configuration", "echo x > $R/.git/config.worktree && out"),
    sh("a repository in a repository", "mkdir -p $R/.git/modules/x/hooks && out"),
    perl(
        "exchange git's configuration",
        "open my $f, '>', \"$e{R}/evil\"; close $f;
         out() if call(SYS_renameat2, -100, \"$e{R}/evil\", -100, \"$e{R}/.git/config\", 2) == 0;",
    ),
    perl(
        "open again for writing",
        "open my $f, '<', \"$e{R}/.git/config\" or die; out() if open my $g, '>>', '/proc/self/fd/' . fileno $f;",
    ),
    sh("by /proc/self/root", "echo x >> /proc/self/root$R/.git/config && out"),
    sh("by the working folder", "cd $R/.git && echo x >> /proc/self/cwd/config && out"),
    perl(
        "swap the folder above in a loop",
        "for (1..500) { if (rename \"$e{R}/.git\", \"$e{R}/.gx\") { rename \"$e{R}/.gx\", \"$e{R}/.git\"; out() } }",
    ),
    sh("make settings of an agent", "mkdir -p $R/.claude && echo x > $R/.claude/settings.json && out"),
    sh("remove what stands for them", "mkdir -p $R/.claude; rm -rf $R/.claude && out"),
    sh(
        "move what stands for them away",
        "mkdir -p $R/.claude; mv $R/.claude $R/moved && rm -r $R/moved && out",
    ),
    sh("open what stands for them", "mkdir -p $R/.claude; chmod 777 $R/.claude && out"),
    sh("make our own settings", "mkdir -p $R/.tau && echo x > $R/.tau/config.toml && out"),
    sh("make servers for an agent", "echo x > $R/.mcp.json && out"),
    sh("make tasks of an editor", "mkdir -p $R/.vscode && echo x > $R/.vscode/tasks.json && out"),
    sh("make a start file of a shell", "echo x > $R/.bashrc && out"),
    sh("make another start file", "echo x > $R/.profile && out"),
    sh("make a key for a login", "mkdir -p $R/.ssh && echo x > $R/.ssh/authorized_keys && out"),
    sh("read what is hidden", "grep -q TOKEN $R/hidden.env && out"),
    sh("move what is hidden away", "mv $R/hidden.env $R/seen.env && mv $R/seen.env $R/hidden.env && out"),
    sh("take the cover away", "umount $R/hidden.env 2>/dev/null; grep -q TOKEN $R/hidden.env && out"),
];
