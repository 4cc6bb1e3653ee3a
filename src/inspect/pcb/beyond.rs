//! What Linux has beyond `struct proc`.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use nix::unistd::{Pid, SysconfVar, sysconf};

use super::field::{Field, Found, Readers};
use super::reader::Reader;
use super::{Affinity, Beyond, Class, Faults, Groups, Namespace, Owner, Switches, Thread, Times};
use crate::machine::Exit;
use crate::os::clock;
use crate::os::procfs::entry::Entry;
use crate::os::procfs::stat::Stat;
use crate::os::procfs::{cgroup, limits, sched, status};
use crate::os::sched::class_of;

impl Reader {
    pub fn beyond(&self) -> Beyond {
        let sched = self.entry.text("sched").unwrap_or_default();
        let stat = &self.stat;
        Beyond {
            exit: Field::new("stat", self.exit()),
            threads: Field::new("task/", self.threads()),
            class: Field::new("stat sched", Found::Value(class(stat, &sched))),
            affinity: Field::new("status stat sched", self.affinity(&sched)),
            times: Field::new("stat schedstat", self.times()),
            switches: Field::new("status", self.switches()),
            faults: Field::new(
                "stat",
                Found::Value(Faults {
                    minor: stat.minflt,
                    major: stat.majflt,
                }),
            ),
            owner: Field::new("status Uid", self.owner()),
            groups: Field::new(
                "stat",
                Found::Value(Groups {
                    group: stat.pgrp,
                    session: stat.session,
                }),
            ),
            limits: Field::new(
                "limits",
                self.text("limits").map(|text| limits::parse(&text)),
            ),
            namespaces: Field::new("ns/", self.namespaces()),
            control_groups: Field::new(
                "cgroup",
                self.text("cgroup").map(|text| cgroup::parse(&text)),
            ),
        }
    }

    fn exit(&self) -> Found<Exit> {
        if !self.is_zombie() {
            Found::None("it has not exited")
        } else if self.stat.num_threads > 1 {
            Found::None("its other threads go on")
        } else if self.shown_to_tracers {
            Found::Value(Exit::from_wait_status(self.stat.exit_code))
        } else {
            self.refused(Readers::Tracers)
        }
    }

    /// A thread that ends meanwhile is left out.
    fn threads(&self) -> Found<Vec<Thread>> {
        let thread = |name: &String| {
            let stat = self.entry.read(&format!("task/{name}/stat")).ok()?;
            let stat = Stat::parse(&stat)?;
            Some(Thread {
                tid: stat.pid,
                name: stat.comm,
                letter: stat.state,
            })
        };
        let names = self.found(self.entry.list("task"), Readers::Tracers);
        names.map(|names| names.iter().filter_map(thread).collect())
    }

    fn affinity(&self, sched: &str) -> Found<Affinity> {
        let cpus = status::field(&self.status, "Cpus_allowed_list");
        Found::parsed(cpus.map(|cpus| Affinity {
            cpus: cpus.to_owned(),
            last: self.stat.processor,
            migrations: sched::value(sched, "se.nr_migrations"),
        }))
    }

    fn times(&self) -> Found<Times> {
        let schedstat = self.entry.text("schedstat").unwrap_or_default();
        let (ran_ns, ready_ns) = sched::ran_and_waited_ns(&schedstat).unzip();
        let times = || {
            let born_ns = ticks_to_ns(self.stat.starttime)?;
            let now = Duration::from(clock_gettime(ClockId::CLOCK_BOOTTIME).ok()?);
            Some(Times {
                user_ns: ticks_to_ns(self.stat.utime)?,
                system_ns: ticks_to_ns(self.stat.stime)?,
                ran_ns,
                ready_ns,
                age_ns: clock::ns(now).saturating_sub(born_ns),
            })
        };
        Found::parsed(times())
    }

    fn switches(&self) -> Found<Switches> {
        let switches = status::switches(&self.status);
        Found::parsed(switches.map(|(voluntary, involuntary)| Switches {
            voluntary,
            involuntary,
        }))
    }

    fn owner(&self) -> Found<Owner> {
        // Real, effective, saved, and of the file system: the second is by whose rights it acts.
        let effective = |field| {
            let ids = status::field(&self.status, field)?;
            ids.split_ascii_whitespace().nth(1)?.parse().ok()
        };
        let owner = || {
            Some(Owner {
                uid: effective("Uid")?,
                gid: effective("Gid")?,
            })
        };
        Found::parsed(owner())
    }

    fn namespaces(&self) -> Found<Vec<Namespace>> {
        let read = || {
            let own = Entry::open(Pid::this().as_raw())?;
            let namespace = |kind: String| {
                let link = format!("ns/{kind}");
                let id = self.entry.link(&link)?;
                let ours = own.link(&link)? == id;
                Ok(Namespace { kind, id, ours })
            };
            self.entry.list("ns")?.into_iter().map(namespace).collect()
        };
        self.found_of_living(read(), Readers::Tracers)
    }
}

fn class(stat: &Stat, sched: &str) -> Class {
    Class {
        name: class_of(i32::try_from(stat.policy).unwrap_or(-1)),
        nice: stat.nice,
        rt_priority: stat.rt_priority,
        slice_ns: sched::value(sched, "se.slice"),
    }
}

fn ticks_to_ns(ticks: u64) -> Option<u64> {
    let per_second = sysconf(SysconfVar::CLK_TCK).ok()??;
    let per_second = u128::try_from(per_second).ok().filter(|&hertz| hertz > 0)?;
    u64::try_from(u128::from(ticks) * 1_000_000_000 / per_second).ok()
}
