//! Work on many files at a time.

/// More than most machines have cores: what is waited for is the disk.
const THREADS: usize = 8;

/// Below this many items a thread costs more than it saves.
const ITEMS_PER_THREAD: usize = 32;

/// Applies a function to every item; results are in the order of the items.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], function: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = (items.len() / ITEMS_PER_THREAD).clamp(1, THREADS);
    if threads == 1 {
        return items.iter().map(function).collect();
    }
    let function = &function;
    std::thread::scope(|scope| {
        let chunks = items.chunks(items.len().div_ceil(threads));
        let workers: Vec<_> =
            chunks.map(|chunk| scope.spawn(move || chunk.iter().map(function).collect::<Vec<R>>())).collect();
        let mut results = Vec::with_capacity(items.len());
        for worker in workers {
            match worker.join() {
                Ok(part) => results.extend(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    })
}
