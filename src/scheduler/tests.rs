use super::{PolicySpec, ProcId, Reap, Retired, Scheduler, Tick};
use crate::workload::Instruction;

fn scheduler(policy: &str, programs: &[u64]) -> Scheduler {
    let policy: PolicySpec = policy.parse().unwrap();
    let mut scheduler = Scheduler::new(policy.build(), Reap::Now);
    for &instructions in programs {
        scheduler.admit(instructions);
    }
    scheduler.start();
    scheduler
}

#[test]
fn one_that_dies_while_the_cpu_waits_for_its_io_makes_way() {
    let mut scheduler = scheduler("SWITCH_ON_END", &[3, 2, 2]);
    let issued = Retired {
        instruction: Instruction::Io,
        remaining: 2,
    };
    scheduler.tick_ended(Tick(1), Some(issued));
    assert_eq!(scheduler.table().running(), None);
    scheduler.died(ProcId(2));
    assert_eq!(scheduler.table().running(), None, "it waits with P0");
    scheduler.died(ProcId(0));
    assert_eq!(scheduler.table().running(), Some(ProcId(1)));
}
