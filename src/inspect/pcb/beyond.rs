//! What Linux has beyond `struct proc`.

use std::io;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use nix::unistd::{Pid, SysconfVar, sysconf};

use super::field::{Absent, Field, Found, Readers, parsed};
use super::reader::Reader;
use super::{Affinity, Beyond, Class, Faults, Groups, Namespace, Owner, Switches, Thread, Times};
use crate::machine::Exit;
use crate::os::clock;
use crate::os::procfs::process_dir::ProcessDir;
use crate::os::procfs::{cgroup, limits, sched, stat, status};
use crate::os::sched::{Reservation, class_of};

impl Reader {
    pub fn beyond(&self) -> Beyond {
        let sched = self.directory.text("sched").unwrap_or_default();
        let faults = Faults {
            minor: self.stat.minflt,
            major: self.stat.majflt,
        };
        let groups = Groups {
            group: self.stat.pgrp,
            session: self.stat.session,
        };
        let limits = self.text("limits").map(|text| limits::parse(&text));
        let control_groups = self.text("cgroup").map(|text| cgroup::parse(&text));
        let namespaces = self.found_of_living(self.namespaces(), Readers::Tracers);
        Beyond {
            exit: Field::new("stat", self.exit()),
            threads: Field::new("task/", self.threads()),
            class: Field::new("stat sched", parsed(self.class(&sched))),
            affinity: Field::new("status stat sched", parsed(self.affinity(&sched))),
            times: Field::new("stat schedstat", parsed(self.times())),
            switches: Field::new("status", parsed(self.switches())),
            faults: Field::new("stat", Ok(faults)),
            owner: Field::new("status Uid", parsed(self.owner())),
            groups: Field::new("stat", Ok(groups)),
            limits: Field::new("limits", limits),
            namespaces: Field::new("ns/", namespaces),
            control_groups: Field::new("cgroup", control_groups),
        }
    }

    pub fn exit(&self) -> Found<Exit> {
        if !self.is_zombie() {
            Err(Absent::None("it has not exited"))
        } else if self.has_only_other_threads() {
            Err(Absent::None("its other threads go on"))
        } else if self.shown_to_tracers {
            parsed(self.stat.exit_code.map(Exit::from_wait_status))
        } else {
            Err(self.refused(Readers::Tracers))
        }
    }

    /// A thread that ends meanwhile is left out.
    fn threads(&self) -> Found<Vec<Thread>> {
        let thread = |name: &String| {
            let stat = self.directory.read(&format!("task/{name}/stat")).ok()?;
            let stat = stat::parse(&stat)?;
            Some(Thread {
                tid: stat.pid,
                name: stat.comm,
                letter: stat.state,
            })
        };
        let names = self.found(self.directory.list("task"), Readers::Tracers)?;
        Ok(names.iter().filter_map(thread).collect())
    }

    fn class(&self, sched: &str) -> Option<Class> {
        let policy = i32::try_from(self.stat.policy?).unwrap_or(-1);
        let name = class_of(policy);
        let has_deadline = name == class_of(libc::SCHED_DEADLINE);
        Some(Class {
            name,
            nice: self.stat.nice,
            rt_priority: self.stat.rt_priority?,
            slice_ns: sched::value(sched, "se.slice").filter(|_| !has_deadline),
            deadline: has_deadline
                .then(|| Reservation::of(Pid::from_raw(self.stat.pid)))
                .flatten(),
        })
    }

    fn affinity(&self, sched: &str) -> Option<Affinity> {
        Some(Affinity {
            cpus: status::field(&self.status, "Cpus_allowed_list")?.to_owned(),
            last: self.stat.processor?,
            migrations: sched::value(sched, "se.nr_migrations"),
        })
    }

    fn times(&self) -> Option<Times> {
        let schedstat = self.directory.text("schedstat").unwrap_or_default();
        let (ran_ns, ready_ns) = sched::ran_and_waited_ns(&schedstat).unzip();
        let started_ns = ticks_to_ns(self.stat.starttime)?;
        let now = Duration::from(clock_gettime(ClockId::CLOCK_BOOTTIME).ok()?);
        Some(Times {
            user_ns: ticks_to_ns(self.stat.utime)?,
            system_ns: ticks_to_ns(self.stat.stime)?,
            ran_ns,
            ready_ns,
            age_ns: clock::ns(now).saturating_sub(started_ns),
        })
    }

    fn switches(&self) -> Option<Switches> {
        let (voluntary, involuntary) = status::switches(&self.status)?;
        Some(Switches {
            voluntary,
            involuntary,
        })
    }

    fn owner(&self) -> Option<Owner> {
        // Real, effective, saved, and of the file system: the second is by whose rights it acts.
        let effective = |field| {
            let ids = status::field(&self.status, field)?;
            ids.split_ascii_whitespace().nth(1)?.parse().ok()
        };
        Some(Owner {
            uid: effective("Uid")?,
            gid: effective("Gid")?,
        })
    }

    fn namespaces(&self) -> io::Result<Vec<Namespace>> {
        let own = ProcessDir::open(Pid::this().as_raw())?;
        let namespace = |kind: String| {
            let link = format!("ns/{kind}");
            let id = self.directory.link(&link)?;
            let ours = own.link(&link)? == id;
            Ok(Namespace { kind, id, ours })
        };
        let kinds = self.directory.list("ns")?;
        kinds.into_iter().map(namespace).collect()
    }
}

fn ticks_to_ns(ticks: u64) -> Option<u64> {
    let per_second = sysconf(SysconfVar::CLK_TCK).ok()??;
    let per_second = u128::try_from(per_second).ok().filter(|&hertz| hertz > 0)?;
    u64::try_from(u128::from(ticks) * 1_000_000_000 / per_second).ok()
}
