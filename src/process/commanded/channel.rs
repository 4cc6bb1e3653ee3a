//! What we and a commanded process say to each other: whole messages over a pair of sockets, each with
//! a descriptor if need be (`unix(7)`, `SCM_RIGHTS`).

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, recvmsg,
    sendmsg, socketpair,
};
use serde::{Deserialize, Serialize};

use super::call::{Outcome, SystemCall};
use crate::process::spawn_failed::SpawnFailed;

/// More than any message takes.
const LONGEST: usize = 4096;

/// What a process says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// It has started, also anew after an execve; with a pidfd of itself.
    Ready,
    /// It makes a call that may block: asleep from now on, it is so in that call.
    Begun,
    /// What came of the call.
    Done(Outcome),
}

/// One end.
pub struct Channel(OwnedFd);

impl Channel {
    pub fn pair() -> Result<(Self, Self), Errno> {
        let (one, other) = socketpair(
            AddressFamily::Unix,
            SockType::SeqPacket,
            None,
            SockFlag::SOCK_CLOEXEC,
        )?;
        Ok((Self(one), Self(other)))
    }

    pub const fn new(socket: OwnedFd) -> Self {
        Self(socket)
    }

    /// Another socket takes this one's place, under the same number and to be inherited by exec.
    pub fn replace(&mut self, by: &impl AsFd) -> Result<(), Errno> {
        nix::unistd::dup2(by, &mut self.0)
    }

    pub fn send(
        &self,
        message: &impl Serialize,
        descriptor: Option<BorrowedFd<'_>>,
    ) -> io::Result<()> {
        self.send_bytes(&serde_json::to_vec(message)?, descriptor)
    }

    pub fn send_failure(&self, failed: SpawnFailed) -> io::Result<()> {
        self.send_bytes(&failed.to_bytes(), None)
    }

    fn send_bytes(&self, bytes: &[u8], descriptor: Option<BorrowedFd<'_>>) -> io::Result<()> {
        let number = descriptor.map(|fd| [fd.as_raw_fd()]);
        let rights = number.as_ref().map(|fds| ControlMessage::ScmRights(fds));
        let sent = sendmsg::<()>(
            self.0.as_raw_fd(),
            &[IoSlice::new(bytes)],
            rights.as_slice(),
            MsgFlags::MSG_NOSIGNAL,
            None,
        );
        sent.map(drop).map_err(io::Error::from)
    }

    /// Waits for a message. `None`: the other end is closed.
    pub fn receive(&self) -> io::Result<Option<Datagram>> {
        let mut text = vec![0; LONGEST];
        let mut descriptor = nix::cmsg_space!(RawFd);
        let (length, number) = loop {
            let mut parts = [IoSliceMut::new(&mut text)];
            let flags = MsgFlags::MSG_CMSG_CLOEXEC;
            match recvmsg::<()>(self.0.as_raw_fd(), &mut parts, Some(&mut descriptor), flags) {
                Ok(message) => {
                    let number = message.cmsgs()?.find_map(|part| match part {
                        ControlMessageOwned::ScmRights(numbers) => numbers.first().copied(),
                        _ => None,
                    });
                    break (message.bytes, number);
                }
                Err(Errno::EINTR) => {}
                // To close a socket with unread messages resets it.
                Err(Errno::ECONNRESET) => return Ok(None),
                Err(errno) => return Err(errno.into()),
            }
        };
        // SAFETY: the kernel has just opened this descriptor for us, and nothing else knows it.
        let descriptor = number.map(|number| unsafe { OwnedFd::from_raw_fd(number) });
        text.truncate(length);
        Ok((length > 0).then_some(Datagram { text, descriptor }))
    }
}

/// A message as it has arrived.
pub struct Datagram {
    text: Vec<u8>,
    pub descriptor: Option<OwnedFd>,
}

impl Datagram {
    /// What we tell a process. `None`: it is no call.
    pub fn call(&self) -> Option<SystemCall> {
        serde_json::from_slice(&self.text).ok()
    }

    /// What a process tells us. `None`: it is no reply.
    pub fn reply(&self) -> Option<Reply> {
        serde_json::from_slice(&self.text).ok()
    }

    /// What a child writes that could not become such a process.
    pub fn failure(&self) -> Option<SpawnFailed> {
        SpawnFailed::from_bytes(self.text.as_slice().try_into().ok()?)
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::spawn_failed::SpawnStep;
    use proptest::prelude::*;
    use std::io::{Read, Write};

    #[test]
    fn a_message_arrives_whole_with_its_descriptor() {
        let (one, other) = Channel::pair().unwrap();
        let (mut reader, writer) = std::io::pipe().unwrap();
        one.send(&SystemCall::Read, Some(writer.as_fd())).unwrap();
        one.send(&Reply::Ready, None).unwrap();
        drop(writer);

        let message = other.receive().unwrap().unwrap();
        assert_eq!(message.call(), Some(SystemCall::Read));
        let mut descriptor = std::fs::File::from(message.descriptor.unwrap());
        descriptor.write_all(b"x").unwrap();
        drop(descriptor);
        let mut read = String::new();
        reader.read_to_string(&mut read).unwrap();
        assert_eq!(read, "x");

        let message = other.receive().unwrap().unwrap();
        assert_eq!(message.reply(), Some(Reply::Ready));
        assert!(message.descriptor.is_none());
    }

    #[test]
    fn a_closed_end_is_an_event() {
        let (one, other) = Channel::pair().unwrap();
        drop(one);
        assert!(other.receive().unwrap().is_none());
        assert!(other.send(&Reply::Ready, None).is_err());
    }

    #[test]
    fn a_failure_to_start_is_no_reply_and_a_reply_is_no_failure() {
        let (one, other) = Channel::pair().unwrap();
        let (step, errno) = (SpawnStep::Exec, Errno::ENOENT);
        let failed = SpawnFailed { step, errno };
        one.send_failure(failed).unwrap();
        one.send(&Reply::Begun, None).unwrap();

        let message = other.receive().unwrap().unwrap();
        assert_eq!((message.failure(), message.reply()), (Some(failed), None));
        let message = other.receive().unwrap().unwrap();
        assert_eq!(
            (message.failure(), message.reply()),
            (None, Some(Reply::Begun))
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(text: Vec<u8>) {
            let message = Datagram { text, descriptor: None };
            let _ = (message.call(), message.reply(), message.failure());
        }
    }
}
