throw new Error('cannot be loaded on purpose')
