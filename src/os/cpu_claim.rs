//! Which CPU a run shares with no other run of timeshare.
//!
//! A claim is a socket that listens under a name with the number of the CPU, in the abstract namespace
//! (`unix(7)`): it needs no folder that all users may write to, it holds between users, and it is gone
//! with the process, however that ends. It is seen within one network namespace: a run in another
//! container is not. Whoever shares a CPU after all calls those that were there before, and so both
//! learn the other one's pid.

use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::sync::{Mutex, PoisonError};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::sockopt::PeerCredentials;
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, UnixAddr, accept4, bind, connect, getsockopt,
    listen, socket,
};

use super::affinity::AllowedCpus;
use super::error::Error;

/// So many runs on one CPU know of each other.
const PLACES: usize = 8;

/// A CPU for the processes of a run, held as long as this lives.
pub struct CpuClaim {
    cpu: usize,
    /// The place on the CPU; `None`: none was free, or sockets are not to be had.
    place: Option<OwnedFd>,
    /// Other runs, by pid, each with a connection that lasts as long as both.
    others: Mutex<Vec<(i32, OwnedFd)>>,
}

impl CpuClaim {
    /// The CPU asked for, whoever uses it; otherwise the last allowed one that no other run uses, or
    /// the last one where each is used.
    pub fn take(allowed: &AllowedCpus, wanted: Option<usize>) -> Result<Self, Error> {
        Self::take_from(&cpu_name, allowed, wanted)
    }

    fn take_from(
        name: &impl Fn(usize) -> String,
        allowed: &AllowedCpus,
        wanted: Option<usize>,
    ) -> Result<Self, Error> {
        if wanted.is_none() {
            let mut cpus = allowed.as_slice().iter().rev();
            if let Some(free) = cpus.find_map(|&cpu| Self::alone(cpu, &name(cpu))) {
                return Ok(free);
            }
        }
        let cpu = allowed.choose(wanted)?;
        Ok(Self::shared(cpu, &name(cpu)))
    }

    pub const fn cpu(&self) -> usize {
        self.cpu
    }

    /// The pids of the other runs that use the CPU, and of those that have come since this was asked
    /// last, as far as they are known; 0: one that is in another pid namespace.
    pub fn others(&self) -> Vec<i32> {
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        others.retain(|(_, connection)| !is_gone(connection));
        others.extend(self.callers());
        others.iter().map(|(pid, _)| *pid).collect()
    }

    /// `None`: another run uses it.
    fn alone(cpu: usize, name: &str) -> Option<Self> {
        let unknown = Self {
            cpu,
            place: None,
            others: Mutex::default(),
        };
        // The first place is the one that counts between two who come at the same time; in the others
        // is who came to share the CPU, and stayed longer.
        let place = match occupy(name, 0) {
            Ok(place) => place,
            Err(Errno::EADDRINUSE) => return None,
            Err(_) => return Some(unknown),
        };
        let is_taken = |number| matches!(occupy(name, number), Err(Errno::EADDRINUSE));
        (!(1..PLACES).any(is_taken)).then_some(Self {
            place: Some(place),
            ..unknown
        })
    }

    fn shared(cpu: usize, name: &str) -> Self {
        let (mut place, mut others) = (None, Vec::new());
        for number in 0..PLACES {
            match occupy(name, number) {
                Ok(free) => place = place.or(Some(free)),
                Err(Errno::EADDRINUSE) => others.extend(call(name, number).ok()),
                Err(_) => break,
            }
        }
        Self {
            cpu,
            place,
            others: Mutex::new(others),
        }
    }

    /// Those who have called since the last call of this.
    fn callers(&self) -> Vec<(i32, OwnedFd)> {
        let place = self.place.iter();
        let accepted = place.flat_map(|place| {
            std::iter::from_fn(|| accept4(place.as_raw_fd(), SockFlag::SOCK_CLOEXEC).ok())
        });
        let owned = accepted.map(|number| {
            // SAFETY: the kernel has just opened this descriptor for us, and nothing else refers to it.
            unsafe { OwnedFd::from_raw_fd(number) }
        });
        owned
            .filter_map(|caller| Some((pid_of(&caller).ok()?, caller)))
            .collect()
    }
}

fn cpu_name(cpu: usize) -> String {
    format!("timeshare/cpu-{cpu}")
}

fn address(name: &str, number: usize) -> Result<UnixAddr, Errno> {
    UnixAddr::new_abstract(format!("{name}/{number}").as_bytes())
}

fn unconnected() -> Result<OwnedFd, Errno> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    socket(AddressFamily::Unix, SockType::Stream, flags, None)
}

/// Takes a place; `EADDRINUSE`: it is taken.
fn occupy(name: &str, number: usize) -> Result<OwnedFd, Errno> {
    let socket = unconnected()?;
    bind(socket.as_raw_fd(), &address(name, number)?)?;
    listen(&socket, Backlog::new(i32::from(u8::MAX))?)?;
    Ok(socket)
}

/// Calls who is in a place: its pid, and the connection that tells it ours.
fn call(name: &str, number: usize) -> Result<(i32, OwnedFd), Errno> {
    let socket = unconnected()?;
    connect(socket.as_raw_fd(), &address(name, number)?)?;
    Ok((pid_of(&socket)?, socket))
}

/// Whether the other end of a connection is closed.
fn is_gone(connection: &OwnedFd) -> bool {
    let mut polled = [PollFd::new(connection.as_fd(), PollFlags::POLLIN)];
    // It hangs up, or is reset; nothing is ever sent.
    poll(&mut polled, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
}

fn pid_of(peer: &impl AsFd) -> Result<i32, Errno> {
    getsockopt(&peer.as_fd(), PeerCredentials).map(|peer| peer.pid())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names that no other test uses.
    fn name(test: &str) -> impl Fn(usize) -> String {
        let own = std::process::id();
        move |cpu| format!("timeshare/test-{own}-{test}/cpu-{cpu}")
    }

    #[test]
    fn a_run_gets_a_cpu_that_no_other_run_has_as_long_as_there_is_one() {
        let (name, allowed) = (name("free"), AllowedCpus::of_numbers(&[2, 4]));
        let take = |wanted| CpuClaim::take_from(&name, &allowed, wanted).unwrap();
        let last = take(None);
        assert_eq!((last.cpu(), last.others()), (4, vec![]));
        let first = take(None);
        assert_eq!((first.cpu(), first.others()), (2, vec![]));
        drop(last);
        assert_eq!(take(None).cpu(), 4);
    }

    #[test]
    fn who_shares_a_cpu_and_who_had_it_know_of_each_other() {
        let (name, allowed) = (name("shared"), AllowedCpus::of_numbers(&[3]));
        let take = |wanted| CpuClaim::take_from(&name, &allowed, wanted).unwrap();
        let own = nix::unistd::getpid().as_raw();
        let first = take(None);
        let second = take(None);
        assert_eq!((second.cpu(), second.others()), (3, vec![own]));
        assert_eq!(first.others(), [own]);
        let third = take(Some(3));
        assert_eq!(third.others(), [own, own]);
        // Who had it first has gone, and it is not free yet.
        drop(first);
        let fourth = take(None);
        assert_eq!(fourth.others(), [own, own]);
        drop((second, third, fourth));
        assert!(take(None).others().is_empty());
    }
}
