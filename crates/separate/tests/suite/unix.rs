//! What a system of the Unix kind can refuse the command: a folder, room on the disk, room in a log.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{RATE, copy_plugin, decoded, ended, files, folder, separate, separated, song};

#[test]
fn a_folder_that_cannot_be_opened_is_named_and_the_rest_is_done() {
    use std::os::unix::fs::PermissionsExt;
    let work = folder();
    let at = work.path();
    song(&at.join("album/good.wav"), 1.0);
    let closed = at.join("album/closed");
    std::fs::create_dir(&closed).unwrap();
    let mode =
        |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(&closed, 0o000);
    mode(at, 0o777);
    let mut command = separate(at, &["album", "-o", "stems", "--stems", "vocals", "--no-picture"]);
    if std::fs::read_dir(&closed).is_ok() {
        // The system's administrator may open everything, so somebody else has to try: with a copy of the program and
        // of the plug-in, which may lie where only the administrator gets to.
        use std::os::unix::process::CommandExt;
        copy_plugin(&at.join("unbraid.clap"));
        std::fs::copy(env!("CARGO_BIN_EXE_unbraid"), at.join("unbraid")).unwrap();
        for copied in ["unbraid", "unbraid.clap"] {
            mode(&at.join(copied), 0o755);
        }
        command = Command::new(at.join("unbraid"));
        command.args([
            "separate",
            "--mode",
            "live",
            "album",
            "-o",
            "stems",
            "--stems",
            "vocals",
            "--no-picture",
        ]);
        command.current_dir(at).stdin(Stdio::null()).uid(65_534).gid(65_534);
    }
    let batch = ended(command);
    mode(&closed, 0o755);
    assert_eq!(batch.exit, Some(1), "{}{}", batch.out, batch.err);
    assert!(batch.out.contains("1 rendered, 0 skipped, 1 failed"), "{}{}", batch.out, batch.err);
    assert!(batch.err.contains("album/closed"), "{}", batch.err);
}

#[test]
fn a_full_disk_leaves_no_cut_file_and_stops_the_batch_with_one_line() {
    let work = folder();
    let at = work.path();
    song(&at.join("album/a.wav"), 1.0);
    for name in ["b", "c", "d"] {
        song(&at.join(format!("album/{name}.wav")), 20.0);
    }
    // No file may have more than 1 MiB: room for a song of a second, not for one of twenty. The shell ignores the signal
    // that comes with the error, and so does what it starts.
    let line = "trap '' XFSZ; ulimit -f 1024; exec \"$0\" \"$@\"";
    let program =
        separate(at, &["album", "--jobs", "1", "--stems", "vocals", "--no-picture", "--format", "wav"]);
    let mut command = Command::new("bash");
    command
        .current_dir(at)
        .stdin(Stdio::null())
        .args(["-c", line])
        .arg(program.get_program())
        .args(program.get_args());
    let batch = ended(command);
    assert_eq!(batch.exit, Some(4), "{}{}", batch.out, batch.err);
    assert_eq!(batch.err.lines().count(), 1, "{}", batch.err);
    assert!(batch.err.contains("disk is full") && batch.err.contains("vocals.wav"), "{}", batch.err);
    assert_eq!(files(&at.join("separated")), ["a/report.json", "a/vocals.wav"]);
    assert_eq!(decoded(&at.join("separated/a/vocals.wav"))[0].len(), RATE as usize);
    // With room again, the rest is done.
    let again = separated(at, &["album", "--stems", "vocals", "--no-picture", "--format", "wav"]);
    assert!(again.out.contains("3 rendered, 1 skipped, 0 failed"), "{}", again.out);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_log_ends_nothing_but_what_is_said() {
    let work = folder();
    let at = work.path();
    song(&at.join("song.wav"), 1.0);
    let full = || Stdio::from(std::fs::File::options().write(true).open("/dev/full").unwrap());
    let status = separate(at, &["song.wav", "-o", "logged"]).stdout(full()).stderr(full()).status().unwrap();
    assert!(status.success() && at.join("logged/song/report.json").exists());
}
