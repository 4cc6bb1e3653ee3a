//! Two processes on one CPU, each as if it had it alone.

use std::time::Duration;

use crate::demo::record::Share;
use crate::demo::scene_run::{Name, SceneError, SceneRun};
use crate::os::affinity::AllowedCpus;
use crate::os::cpu_claim::CpuClaim;
use crate::os::cpu_quota::QuotaMeter;
use crate::os::procfs::status;
use crate::process::commanded::{CommandedProcess, Detail, Outcome, SystemCall};

/// How long they share it.
const WHILE: Duration = Duration::from_millis(500);

pub fn run(scene: &mut SceneRun<'_>) -> Result<(), SceneError> {
    let claim = CpuClaim::take(&AllowedCpus::of_this_process()?, None)?;
    let cpu = claim.cpu();
    scene.say(format!(
        "Two processes want to compute all the time, and there is to be one CPU for both: each \
         asks to be pinned to CPU {cpu} (sched_setaffinity). Neither of them gives it away, and \
         neither is told that there is another."
    ))?;
    let (one, other) = (scene.start("A")?, scene.start("B")?);
    for process in [&one, &other] {
        let pinned = scene.call(process, &SystemCall::Pin { cpu })?;
        if !pinned.succeeded() {
            let why = format!("a process may not be pinned here: sched_setaffinity() = {pinned}");
            return scene.absent("two processes on one CPU", why);
        }
    }
    let before = [Counters::of(scene, &one), Counters::of(scene, &other)];
    let quotas = QuotaMeter::start();
    scene.hurry(true);
    let first = scene.begin(&one, &SystemCall::Spin)?;
    let second = scene.begin(&other, &SystemCall::Spin)?;
    scene.wait(WHILE / 2)?;
    scene.look(&[one.named(), other.named()])?;
    let view = |process: &CommandedProcess| scene.view(process.pid);
    let letters = [view(&one)?, view(&other)?].map(|view| view.map(|view| view.letter));
    scene.claim(
        letters == [Some('R'); 2],
        "Both are R. One of them is running, the other one is ready.",
    )?;
    scene.wait(WHILE / 2)?;
    let first = scene.enough(&one, first)?;
    let second = scene.enough(&other, second)?;

    scene.hurry(false);
    let shares = [
        before[0].share(scene, &one, &first),
        before[1].share(scene, &other, &second),
    ];
    scene.say("What each of them found out by its own two clocks, and what the kernel counted:")?;
    scene.shares(shares.to_vec())?;
    judge(scene, &shares, &quotas)?;
    scene.by_hand(&[
        "for i in 1 2; do taskset -c 0 sh -c 'while :; do :; done' & done",
        "sleep 2; top -b -n 1 | head; cat /proc/$!/schedstat; kill $(jobs -p)",
    ])
}

fn judge(
    scene: &mut SceneRun<'_>,
    shares: &[Share; 2],
    quotas: &QuotaMeter,
) -> Result<(), SceneError> {
    let [one, other] = shares;
    let together = one.cpu_ns + other.cpu_ns;
    let wall = one.wall_ns.max(other.wall_ns).max(1);
    let others = wall.saturating_sub(together);
    if others > wall / 10 {
        let ready = shares.iter().filter_map(|share| share.ready_ns);
        scene.say(format!(
            "For {}% of the time the CPU was neither's: {}, and they were ready for {} ms all in \
             all.",
            100 * others / wall,
            in_whose_place(quotas),
            ready.sum::<u64>() / 1_000_000
        ))?;
    }
    let fair = |share: &Share| {
        let percent = 100 * share.cpu_ns / together.max(1);
        (30..=70).contains(&percent)
    };
    scene.claim(
        shares.iter().all(fair),
        "Of what the two got, each got its share: between 30% and 70%.",
    )?;
    // They did not start and end in the same moment.
    scene.claim(
        together <= wall + wall / 10,
        "Together they got no more than the one CPU there is.",
    )?;
    if shares.iter().any(|share| share.taken.is_none()) {
        return scene.absent(
            "how often the CPU was taken from them",
            "/proc/PID/status does not say here",
        );
    }
    scene.claim(
        shares.iter().all(|share| share.taken > Some(0)),
        "The CPU was taken from each of them, again and again; they did not give it away.",
    )
}

/// Why neither had the CPU.
fn in_whose_place(quotas: &QuotaMeter) -> String {
    let mut throttled = quotas.so_far().filter(|(_, throttled)| throttled.ns > 0);
    throttled.next().map_or_else(
        || "another process had it".to_owned(),
        |(group, _)| {
            format!(
                "control group {} had used up its CPU quota ({} of {} ms)",
                group.path,
                group.quota_us / 1_000,
                group.period_us / 1_000
            )
        },
    )
}

/// What the kernel has counted of a process; `None` where it does not say.
struct Counters {
    /// Ready, and not running.
    ready_ns: Option<u64>,
    taken: Option<u64>,
}

impl Counters {
    fn of(scene: &SceneRun<'_>, process: &CommandedProcess) -> Self {
        let schedstat = scene.read(process.pid, "schedstat");
        let ready = |text: String| text.split_whitespace().nth(1)?.parse().ok();
        let status = scene.read(process.pid, "status");
        let switches = status.as_deref().and_then(status::switches);
        Self {
            ready_ns: schedstat.and_then(ready),
            taken: switches.map(|(_, involuntary)| involuntary),
        }
    }

    /// What has been added since.
    fn share(&self, scene: &SceneRun<'_>, process: &CommandedProcess, spun: &Outcome) -> Share {
        let now = Self::of(scene, process);
        let (wall_ns, cpu_ns) = match spun.detail {
            Detail::Clocks { wall_ns, cpu_ns } => (wall_ns, cpu_ns),
            _ => (0, 0),
        };
        let since = |now: Option<u64>, before: Option<u64>| Some(now?.saturating_sub(before?));
        Share {
            name: process.name.clone(),
            pid: process.pid,
            wall_ns,
            cpu_ns,
            ready_ns: since(now.ready_ns, self.ready_ns),
            taken: since(now.taken, self.taken),
        }
    }
}
