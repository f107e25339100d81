// Stands in for the editor's module in tests under plain Node; only what pure code touches.
export {};
